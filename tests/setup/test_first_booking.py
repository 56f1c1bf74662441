"""From a migrated database without a row to a visit that a family booked, by commands and pages alone."""

import re

import pytest

from clinic.db import db
from clinic.messages import demo_messages
from clinic.scheduling.models import Appointment

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.heavy("a whole journey")]
LINK = re.compile(r"https?://[^/\s]+(/staff-invitations/[\w-]+)")
SECRET = "correct horse battery"
CENTRE = {
    "name_zh": "翠苑中心",
    "name_en": "Cuiyuan Centre",
    "code": "cuiyuan",
    "district": "西湖区",
    "address_zh": "文一路18号",
    "address_en": "18 Wenyi Road",
    "phone": "0571-8700 0000",
}
SERVICE = {
    "kind": "pediatrics",
    "code": "sick-child",
    "name_zh": "儿科门诊",
    "name_en": "Paediatrics",
}
CLINICIAN = {
    "name": "陈禾",
    "practitioner": "new",
    "name_zh": "陈禾",
    "name_en": "Chen He",
    "title_zh": "主治医师",
    "title_en": "Attending doctor",
}


def accepted(app, link):
    """A browser of whoever came by that link, and the page to which it led."""
    client = app.test_client()
    form = client.page(link).form(holding="password_again")
    return client, form.fill(password=SECRET, password_again=SECRET).submit().follow()


def invited(page, roles, **typed):
    """The link for a colleague."""
    form = page.form(holding="contact").fill(roles=roles, **typed)
    return LINK.search(form.submit().text)[1]


def test_by_commands_and_pages_alone(both):
    who = ["--name", "沈岚", "--contact", "lan@example.cn", "--no-centre"]
    done = both.test_cli_runner().invoke(args=["setup", *who])
    admin, page = accepted(both, LINK.search(done.output)[1])
    page.click("新中心").form(holding="name_zh").fill(CENTRE).submit().follow()
    admin.page("/setup/services/new").form(holding="code").fill(SERVICE).submit().follow()
    link = invited(
        admin.page("/staff/cuiyuan/invitations/new"),
        ["manager"],
        name="周敏",
        contact="13700137000",
    )
    manager, page = accepted(both, link)
    checklist = manager.page("/setup/centres/cuiyuan")
    hours = checklist.click("去补 开放时间").form(holding="day-0")
    hours.fill({f"day-{n}": "08:00-11:30, 13:30-17:00" for n in range(7)}).submit().follow()
    room = checklist.click("去补 房间").form(holding="name_zh")
    room.fill(name_zh="诊室一", name_en="Room 1").submit().follow()
    offered = checklist.click("去补 服务").form(holding="offered")
    offered.fill(offered=offered.choices("offered")[:1]).submit().follow()
    link = invited(
        manager.page("/staff/cuiyuan/invitations/new"),
        ["clinician"],
        profession="doctor",
        contact="13700137001",
        **CLINICIAN,
    )
    accepted(both, link)
    given = manager.page("/setup/centres/cuiyuan/services/clinicians").form(holding="gives")
    given.fill(gives=given.choices("gives")).submit().follow()
    week = manager.page("/manage/sessions/new?centre=cuiyuan").form(holding="slot_minutes")
    week.fill(services=week.choices("services"), opens="08:00", closes="11:30").submit().follow()
    opening = manager.page("/setup/centres/cuiyuan").form(action="/opening")
    assert "中心已开放" in opening.submit().follow().words
    book_as_a_new_family(both)
    assert db.session.query(Appointment).one().centre.code == "cuiyuan"


def book_as_a_new_family(app):
    """Sign up by a code, add a child, take the first time that is shown."""
    family = app.test_client()
    page = (
        family.page("/sign-up")
        .form(holding="contact")
        .fill(contact="13900139000")
        .submit()
        .follow()
    )
    (code,) = re.findall(r"\d{6}", demo_messages()[0].text)
    page = page.form(holding="code").fill(code=code).submit().follow()
    form = page.form(holding="privacy").fill(name="王芳", privacy=True, children_under_14=True)
    form.submit().follow()
    child = family.page("/family/children/new").form(holding="birth_date")
    child.fill(name="王一禾", sex="female", birth_date="2025-02-01").submit().follow()
    held = family.page("/pediatrics/").form("wish").submit("08:00 陈禾").follow()
    booked = held.form(holding="reason").submit().follow()
    assert "翠苑中心" in booked.words
