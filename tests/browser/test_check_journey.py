"""A health check from the questionnaire at home to its end, in both languages, with and without scripts."""

import re
import shutil
from datetime import timedelta

import pytest

from clinic import clock
from clinic.accounts.demo_sign_ins import DEMO_PASSWORD
from clinic.accounts.passwords import hash_password
from clinic.ages import add_months
from clinic.app import create_app
from clinic.db import db
from tests.browser.conftest import Visitor
from tests.checkups.at_the_check import LOOKS, Day
from tests.conftest import SETTINGS
from tests.serving import serving

WAYS = {
    "zh-390": ("zh-CN", 390, True),
    "en-1280": ("en-GB", 1280, True),
    "en-390-no-scripts": ("en-GB", 390, False),
    "zh-390-no-scripts": ("zh-CN", 390, False),
}
SIGNS = ("sign-1", "sign-2", "sign-3", "sign-4", "regression")


@pytest.fixture
def site(migrated, tmp_path):
    """A site where a child of a year has its check today; the demo's sign-ins are the people's."""
    path = tmp_path / "clinic.sqlite3"
    shutil.copy(migrated, path)
    url = f"sqlite:///{path}"
    app = create_app(SETTINGS | {"DATABASE_URL": url})
    today = clock.clinic_day(clock.now())
    with app.app_context():
        day = Day(born=add_months(today, -12) - timedelta(days=5), on=today)
        day.measured(today - timedelta(days=30), amount=8900)
        for user, role in ((day.parent, "parent"), (day.doctor, "clinician")):
            user.email = f"{role}@demo.example"
            user.password_hash = hash_password(DEMO_PASSWORD)
        db.session.commit()
        pages = day.before, day.page
        db.session.remove()
        db.engine.dispose()
    with serving(url, TZ="UTC") as address:
        yield address, *pages


@pytest.fixture(params=WAYS)
def way(request):
    return WAYS[request.param]


def visitor_at(chromium, address, way):
    language, width, scripts = way
    context = chromium.new_context(
        base_url=address,
        locale=language,
        viewport={"width": width, "height": 850},
        java_script_enabled=scripts,
    )
    context.set_default_timeout(30_000)
    return Visitor(context.new_page(), 0, scripts)


def choose(visitor, name, value):
    visitor.page.locator(f'input[name="{name}"][value="{value}"]').check()


def test_a_check_from_home_to_its_end(chromium, site, way):
    address, before, check = site
    parent = visitor_at(chromium, address, way)
    answer_at_home(parent, before)
    doctor = visitor_at(chromium, address, way)
    doctor.sign_in("clinician")
    doctor.open(check)
    measure(doctor)
    finish(doctor)
    parent.open(before.replace("/checkups", "").replace("/before", ""))
    parent.press(parent.page.locator('main a[href$="/report"]'))
    assert "9.2" in parent.page.locator("main").inner_text()
    for answer in (parent, doctor):
        answer.page.context.close()


def answer_at_home(parent, before):
    """Half of it is left for later and stays; the rest is answered then."""
    page = parent.page
    parent.sign_in("parent")
    parent.open(before)
    for name in SIGNS[:3]:
        choose(parent, f"q-{name}", "no")
        if parent.scripts:
            page.locator("#progress", has_text=re.compile(rf"{SIGNS.index(name) + 1}\b")).wait_for()
    if not parent.scripts:
        parent.press(page.locator("#before .btn-primary"))
        assert page.locator(".error").count() == 7
    parent.open(before)
    assert page.locator("input:checked").count() == 3
    for name in SIGNS[3:]:
        choose(parent, f"q-{name}", "no")
    for name in ("milk", "solids", "sleep", "outdoor", "screen"):
        page.locator(f'input[name="q-{name}"]').last.check()
    parent.press(page.locator("#before .btn-primary"))
    assert re.search(r"/appointments/\d+$", page.url)


def measure(doctor):
    """A weight in 斤 is asked about, and what was meant is taken with one tap."""
    page = doctor.page
    page.locator("#weight").fill("18.4")
    page.locator("#length").fill("75.5")
    page.locator("#head").fill("45.8")
    if doctor.scripts:
        page.locator("#weight-said .error").wait_for()
        page.locator("#growth tbody tr").nth(4).wait_for()
        assert page.locator("#weight").input_value() == "18.4"
        doctor.look()
    else:
        doctor.press(page.locator('button[name="action"][value="save"]').last)
    doctor.press(page.locator('button[name="accept-weight"]'))
    assert page.locator("#weight").input_value() == "9.2"
    assert page.locator("#growth tbody tr").count() == 5


def finish(doctor):
    """The family's answers are taken over; what is missing is said; then it is finished."""
    page = doctor.page
    doctor.press(page.locator('button[value="answers"]'))
    assert page.locator("input[name^=sign-]:checked").count() == 4
    doctor.press(page.locator('button[value="finish"]'))
    assert page.locator(".error-summary li").count() == len(LOOKS)
    for name, value in LOOKS.items():
        choose(doctor, name, value)
    choose(doctor, "tcm", "yes")
    doctor.press(page.locator('button[value="finish"]'))
    assert page.locator(".card.soft h2").count() == 1
    assert page.locator(".error-summary").count() == 0


@pytest.mark.parametrize("way", [WAYS["zh-390"], WAYS["en-390-no-scripts"]], ids=["zh", "en"])
def test_the_second_of_two_doctors_sees_what_the_first_saved(chromium, site, way):
    address, _, check = site
    first, second = (visitor_at(chromium, address, way) for _ in range(2))
    for one in (first, second):
        one.sign_in("clinician")
        one.open(check)
    for one, kilos, name in ((first, "9.4", "hearing_behavioural"), (second, "9.3", "eye_check")):
        one.page.locator("#weight").fill(kilos)
        choose(one, name, "normal")
        one.press(one.page.locator('button[name="action"][value="save"]').last)
    page = second.page
    assert page.locator("#weight").input_value() == "9.3"
    assert page.locator("input[name=hearing_behavioural]:checked").count() == 1
    assert page.locator(".error-summary a").count() == 1
    second.press(page.locator('button[name="take-weight"]'))
    assert page.locator("#weight").input_value() == "9.4"
    second.press(page.locator('button[name="action"][value="save"]').last)
    assert page.locator("input[name=eye_check]:checked").count() == 1
    assert page.locator(".error-summary").count() == 0
    for one in (first, second):
        one.page.context.close()
