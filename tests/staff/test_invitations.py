"""A manager invites colleagues by links that are shown once; each comes in with what was said."""

from datetime import timedelta

import pytest
import time_machine

from clinic.accounts.models import Profession, Role, User
from clinic.accounts.queries import find_user
from clinic.centres.models import Practitioner
from clinic.db import db
from clinic.families.models import Guardianship
from tests.makes import NOON, make_centre, make_child, make_practitioner, make_user
from tests.staff.test_people import Staffed, leave

pytestmark = pytest.mark.usefixtures("noon")
PHONE, PASSWORD = "+8613700137000", "朝晖的 早晨 很安静"
CLINICIAN = {"roles": ["clinician"], "profession": "nurse", "practitioner": "new"}
DESCRIBED = {"name_zh": "梁音", "name_en": "Liang Yin", "title_zh": "护师", "title_en": "Nurse"}


@pytest.fixture
def world(both):
    return Staffed()


@pytest.fixture
def manager(both, world):
    return both.test_client().sign_in(world.manager)


def invite(client, world, **typed):
    form = client.page(f"{world.address}/invitations/new").form(holding="contact")
    usual = {"name": "梁音", "contact": "13700137000", "roles": ["reception"]}
    return form.fill(**usual | typed).submit()


def link_on(page):
    """The path of the link that a page shows."""
    (link,) = page.values("#link", "value")
    return link.removeprefix("http://localhost")


def accept(client, link):
    form = client.page(link).form(holding="password_again")
    return form.fill(password=PASSWORD, password_again=PASSWORD).submit()


def test_a_receptionist_joins_by_the_link(both, world, manager):
    shown = invite(manager, world)
    assert shown.tree.css_first("svg.qr") is not None
    page = manager.page(world.address)
    assert "还剩72小时" in page.words
    assert accept(both.test_client(), link_on(shown)).follow().status == 200
    (held,) = find_user(PHONE).memberships
    facts = (held.role, held.centre_id, held.since, held.given_by_id)
    assert facts == (Role.RECEPTION, world.centre.id, NOON, world.manager.id)
    page = manager.page(world.address)
    assert "梁音" in page.rows("tbody th")
    assert "还剩" not in page.words


def test_a_clinician_joins_as_who_of_the_rota_it_is(both, world, manager):
    roles = ["manager", "clinician"]
    shown = invite(manager, world, **CLINICIAN | DESCRIBED | {"roles": roles, "languages": ["wuu"]})
    accept(both.test_client(), link_on(shown))
    user = find_user(PHONE)
    assert user.roles == {Role.CLINICIAN, Role.MANAGER}
    assert {held.profession for held in user.held} == {Profession.NURSE, None}
    made = db.session.query(Practitioner).filter_by(user_id=user.id).one()
    assert (made.name_zh, made.languages) == ("梁音", ["wuu"])


def test_what_is_missing_is_said_and_nothing_is_lost(world, manager):
    page = invite(manager, world, name="", contact="12", roles=[])
    assert (page.status, set(page.errors)) == (422, {"name", "contact", "roles"})
    page = invite(manager, world, roles=["clinician"])
    assert set(page.errors) == {"profession", "practitioner"}
    page = invite(manager, world, **CLINICIAN | {"name_zh": "梁音"})
    assert set(page.errors) == {"name_en", "title_zh", "title_en"}
    assert page.values("#name_zh", "value") == ["梁音"]


def test_a_second_click_shows_the_same_link(world, manager):
    form = manager.page(f"{world.address}/invitations/new").form(holding="contact")
    form.fill(name="梁音", contact="13700137000", roles=["reception"])
    assert link_on(form.submit()) == link_on(form.submit())


def test_whoever_is_there_or_invited_is_not_invited_again(world, manager):
    page = invite(manager, world, contact=world.receptionist.phone)
    assert "已经有这个角色" in page.errors["contact"]
    invite(manager, world)
    assert "已经邀请过" in invite(manager, world).errors["contact"]


def test_one_sign_in_is_one_clinician_of_a_centre(world, manager):
    world.receptionist_row = make_practitioner(
        centre=world.centre, user=world.receptionist, name_zh="林医生"
    )
    typed = CLINICIAN | DESCRIBED | {"contact": world.receptionist.phone}
    page = invite(manager, world, **typed)
    assert page.status == 422
    assert "林医生" in page.words
    assert db.session.query(Practitioner).filter_by(name_zh="梁音").count() == 0


def test_who_left_may_come_back_as_who_they_were(both, world, manager):
    leave(manager, world, world.doctor)
    back = {"roles": ["clinician"], "profession": "tcm", "practitioner": str(world.practitioner.id)}
    shown = invite(manager, world, contact=world.doctor.phone, **back)
    client = both.test_client().sign_in(world.doctor)
    client.page(link_on(shown)).form(holding="csrf_token").submit()
    db.session.expire_all()
    assert world.doctor.centre_ids(Role.CLINICIAN) == {world.centre.id}
    assert world.practitioner.user_id == world.doctor.id


def test_a_parent_who_works_here_too_proves_the_account_first(both, world, manager):
    parent = make_user(phone=PHONE)
    child = make_child(parent)
    link = link_on(invite(manager, world))
    stranger = both.test_client().page(link)
    assert not stranger.has_form(holding="password_again")
    both.test_client().sign_in(parent).page(link).form(holding="csrf_token").submit()
    db.session.expire_all()
    assert find_user(PHONE).roles == {Role.PARENT, Role.RECEPTION}
    assert db.session.query(Guardianship).filter_by(child_id=child.id).count() == 1


def gone(both, link):
    """What a stranger with that link is told."""
    page = both.test_client().page(link, status=404)
    return page.words


def test_a_used_withdrawn_old_or_invented_link_tells_the_same(both, world, manager):
    used, withdrawn, old = (
        link_on(invite(manager, world, contact=f"1370013700{number}")) for number in range(3)
    )
    accept(both.test_client(), used)
    page = manager.page(world.address)
    page.form(action=page.forms[-3].action).submit()
    with time_machine.travel(NOON + timedelta(hours=72), tick=False):
        told = {gone(both, link) for link in (used, withdrawn, old, "/staff-invitations/odd")}
    assert len(told) == 1
    assert db.session.query(User).filter(User.phone.in_(["+8613700137001"])).count() == 0


def test_a_renewed_link_works_and_the_earlier_one_no_more(both, world, manager):
    first = link_on(invite(manager, world))
    with time_machine.travel(NOON + timedelta(hours=80), tick=False):
        page = manager.sign_in(world.manager).page(world.address)
        assert "已过期" in page.words
        second = link_on(page.press("新链接"))
        gone(both, first)
        assert accept(both.test_client(), second).status == 303


def test_invitations_of_another_centre_are_not_there(both, world, manager):
    invite(manager, world)
    (form,) = (
        form for form in manager.page(world.address).forms if form.action.endswith("withdrawal")
    )
    other = both.test_client().sign_in(make_user(Role.MANAGER, centre=make_centre()))
    for deed in ("withdrawal", "renewal"):
        path = form.action.replace("withdrawal", deed)
        assert other.post(path, tampered=True).status_code == 404


def test_the_links_of_a_manager_who_left_work_no_more(both, world, manager):
    invitation = link_on(invite(manager, world))
    password = link_on(manager.page(world.person(world.doctor)).press("设置新密码的链接"))
    admin = both.test_client().sign_in(make_user(Role.ADMIN))
    kept = link_on(invite(admin, world, contact="13700137001"))
    leave(admin, world, world.manager)
    for link, status in ((invitation, 404), (password, 404), (kept, 200)):
        both.test_client().page(link, status=status)


def test_administrators_invite_and_remove_each_other(both):
    admin = make_user(Role.ADMIN)
    client = both.test_client().sign_in(admin)
    form = client.page("/staff/administrators").form(holding="contact")
    shown = form.fill(name="沈岚", contact="13700137000").submit()
    accept(both.test_client(), link_on(shown))
    page = client.page("/staff/administrators")
    assert page.press("移除 沈岚").follow().status == 200
    db.session.expire_all()
    assert find_user(PHONE).roles == set()
    answer = client.post(f"/staff/administrators/{admin.id}/removal", tampered=True)
    assert answer.status_code == 303
    db.session.expire_all()
    assert admin.roles == {Role.ADMIN}
