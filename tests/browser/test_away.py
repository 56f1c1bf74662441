"""Who was away comes back: half a check, a board without names, a phone left behind."""

import re
import shutil
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text

from clinic import clock
from clinic.accounts.passwords import hash_password
from clinic.app import create_app
from clinic.db import db
from tests.browser.mornings import HALF_PAST_SEVEN, signed_in, vaccinations
from tests.browser.test_day_journeys import seat
from tests.conftest import SETTINGS
from tests.makes import make_child, make_user
from tests.serving import SECRET, serving

PASSWORD = "long-enough"


@pytest.fixture
def morning(migrated, tmp_path):
    """A site whose clock can be turned, its people, and a parent with a password."""
    path, hand = tmp_path / "clinic.sqlite3", tmp_path / "clock"
    shutil.copy(migrated, path)
    url = f"sqlite:///{path}"
    app = create_app(SETTINGS | {"DATABASE_URL": url, "SECRET_KEY": SECRET})
    with app.app_context(), time_machine.travel(HALF_PAST_SEVEN, tick=True):
        made = vaccinations(app)
        parent = make_user(password_hash=hash_password(PASSWORD))
        make_child(parent, name="李小满")
        browsers = [signed_in(app, parent) for _ in range(2)]
        db.session.execute(
            text("UPDATE users SET password_hash = :it"), {"it": hash_password(PASSWORD)}
        )
        db.session.commit()
        db.session.remove()
        starts = clock.now()
        hand.write_text(starts.isoformat())
        clocked = {"app": "tests.browser.clocked:app", "STARTS": starts.isoformat(), "workers": 1}
        with serving(url, **clocked, CLOCK=str(hand)) as address:
            yield (
                address,
                made,
                browsers,
                lambda m: hand.write_text((starts + timedelta(minutes=m)).isoformat()),
            )
        db.session.remove()
        db.engine.dispose()


def come_back(page):
    page.get_by_label("密码").fill(PASSWORD)
    with page.expect_event("load"):
        page.get_by_role("button", name="继续").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_who_was_away_gets_back_what_was_typed(chromium, morning, scripts):
    address, made, _, turn = morning
    with seat(chromium, address, made.people["desk"][0], width=390, scripts=scripts) as desk:
        desk.open("/desk/walk-in")
        desk.page.locator("#guardian").fill("张敏")
        turn(31)
        with desk.page.expect_event("load"):
            desk.page.locator("main form button.btn-primary").last.click()
        assert "/sign-in/again" in desk.page.url
        desk.look()
        come_back(desk.page)
        assert desk.page.url.partition("?")[0].endswith("/desk/walk-in")
        assert desk.page.locator("#guardian").input_value() == "张敏"
        desk.look()


def test_the_board_of_arrivals_hides_names_by_itself(chromium, morning):
    address, made, _, turn = morning
    name = made.booked[0].name
    with seat(chromium, address, made.people["desk"][0], width=390) as desk:
        desk.open("/desk/")
        desk.page.get_by_text(name).first.wait_for()
        turn(31)
        desk.page.get_by_role("link", name="显示姓名").wait_for()
        assert name not in desk.page.content()
        assert re.search("08:00", desk.page.locator("#arrivals").inner_text())
        desk.look()
        desk.press(desk.page.get_by_role("link", name="显示姓名"))
        come_back(desk.page)
        desk.page.get_by_text(name).first.wait_for()


def test_a_parent_signs_out_everywhere_from_a_phone(chromium, morning):
    address, _, (phone, lost), _ = morning
    with seat(chromium, address, phone, width=390) as mine, seat(chromium, address, lost) as other:
        for one in (mine, other):
            one.open("/family")
        mine.press(mine.page.get_by_role("main").get_by_role("link", name="已登录的设备"))
        mine.press(mine.page.get_by_role("button", name="在所有设备上退出登录"))
        assert other.page.goto("/family").url.partition("?")[0].endswith("/sign-in")


def test_a_page_that_asks_for_nothing_hides_itself_also_after_sleep(chromium, morning):
    address, made, _, turn = morning
    with seat(chromium, address, made.people["desk"][0], width=390) as desk:
        desk.page.clock.install()
        desk.open("/desk/walk-in")
        main, typed = desk.page.locator("#main"), desk.page.locator("#guardian")
        typed.fill("张敏")
        desk.page.clock.fast_forward("29:00")
        assert main.is_visible()
        desk.page.clock.fast_forward("01:10")  # as a computer wakes up
        turn(31)
        main.wait_for(state="hidden")
        assert desk.page.title() == "…"
        with desk.page.expect_popup() as opened:
            desk.page.get_by_role("link", name="显示姓名").click()
        opened.value.clock.install(time=desk.page.evaluate("Date.now()"))
        come_back(opened.value)
        desk.page.bring_to_front()
        desk.page.clock.run_for(6000)
        main.wait_for(state="visible")
        assert typed.input_value() == "张敏"
