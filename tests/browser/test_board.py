"""The observation board when thirty minutes are over: a line at the top, and one sound a child."""

import shutil
from datetime import timedelta

import pytest
import time_machine
from playwright.sync_api import expect

from clinic import clock
from clinic.accounts.models import User
from clinic.app import create_app
from clinic.db import db
from clinic.scheduling.models import Appointment
from clinic.vaccination.jab import giving
from clinic.vaccination.jab.queries import lines_of
from clinic.vaccination.jab.rules import CHECKS
from tests.browser.mornings import HALF_PAST_SEVEN, TODAY, vaccinations
from tests.browser.test_day_journeys import seat
from tests.conftest import SETTINGS
from tests.serving import SECRET, serving

BOARD = "/vaccination/observation"
COUNT_TONES = """window.tones = 0;
const make = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { window.tones += 1; return make.call(this); };"""


def give(appointment_id, nurse):
    visit = db.session.get_one(Appointment, appointment_id)
    (line,) = [line for line in lines_of(visit, TODAY) if line.vaccine.code == "MMR"]
    jab = giving.Jab(line, "MMR-1", "left arm")
    giving.give(visit, [jab], CHECKS, by=nurse, now=clock.now())


@pytest.fixture
def stays(migrated, tmp_path):
    """A site at 07:30, its address, a nurse, and its clock; two children were vaccinated just now."""
    path, hand = tmp_path / "clinic.sqlite3", tmp_path / "clock"
    shutil.copy(migrated, path)
    url = f"sqlite:///{path}"
    app = create_app(SETTINGS | {"DATABASE_URL": url, "SECRET_KEY": SECRET})
    with app.app_context(), time_machine.travel(HALF_PAST_SEVEN, tick=True):
        made = vaccinations(app)
        nurse = db.session.query(User).filter_by(name="陈护士").first()
        for booked in made.booked[:2]:
            give(booked.appointment_id, nurse)
        db.session.commit()
        db.session.remove()
        starts = clock.now()
        hand.write_text(starts.isoformat())
        clocked = {"app": "tests.browser.clocked:app", "STARTS": starts.isoformat(), "workers": 1}
        with serving(url, **clocked, CLOCK=str(hand)) as address:

            def turn(minutes):
                hand.write_text((starts + timedelta(minutes=minutes)).isoformat())

            yield address, made.people["nurse"][0], turn
        db.session.remove()
        db.engine.dispose()


def test_it_sounds_once_for_each_child_also_when_the_page_is_loaded_again(chromium, stays):
    address, nurse, turn = stays
    with seat(chromium, address, nurse, width=390) as board:
        page = board.page
        page.add_init_script(COUNT_TONES)
        board.open(BOARD)
        button = page.get_by_role("button", name="到时响铃提醒")
        button.click()
        page.locator("#sound[aria-pressed=true]").wait_for()
        assert page.locator("[data-over]").count() == page.evaluate("tones") == 0
        turn(30.5)
        board.open(BOARD)
        assert page.locator("[data-over]").count() == 2
        page.locator("h1").click()  # a browser lets nothing sound before a press
        expect(page.locator("#said")).to_contain_text("观察已到时间")
        assert page.evaluate("tones") == 2
        board.open(BOARD)
        page.locator("h1").click()
        page.locator("#sound[aria-pressed=true]").wait_for()
        assert page.evaluate("tones") == 0
        assert page.locator("[data-over]").count() == 2  # until somebody has seen it
        page.get_by_role("button", name="已知晓").first.click()
        expect(page.locator("[data-over]")).to_have_count(1)
        board.open(BOARD)
        assert page.locator("[data-over]").count() == 1


def test_without_scripts_the_line_is_there_and_can_be_noted(chromium, stays):
    address, nurse, turn = stays
    turn(31)
    with seat(chromium, address, nurse, scripts=False) as board:
        board.open(BOARD)
        assert board.page.locator("[data-over]").count() == 2
        assert not board.page.locator("#sound").is_visible()
        board.press(board.page.get_by_role("button", name="已知晓").first)
        assert board.page.locator("[data-over]").count() == 1


def test_a_reason_half_typed_stays_when_an_alert_is_noted(chromium, stays):
    address, nurse, turn = stays
    with seat(chromium, address, nurse) as board:
        page = board.page
        board.open(BOARD)
        board.press(page.get_by_role("link", name="提前离开").first)
        page.locator("input[name=reason]").fill("家长有急事")
        turn(31)
        page.evaluate(
            "htmx.ajax('GET', location.href, {target: '#over', select: '#over', swap: 'outerHTML'})"
        )
        page.get_by_role("button", name="已知晓").first.click()
        expect(page.locator("[data-over]")).to_have_count(1)
        assert page.locator("input[name=reason]").input_value() == "家长有急事"
