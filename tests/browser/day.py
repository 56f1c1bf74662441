"""A centre's day in a browser: where its people sit, and what they press."""

import shutil
from contextlib import contextmanager
from urllib.parse import urlencode

import time_machine

from clinic import clock
from clinic.app import create_app
from clinic.db import db
from tests.browser.conftest import Visitor
from tests.conftest import SETTINGS
from tests.pages import values
from tests.serving import SECRET, serving

STATIONS = ("screening", "registration", "vaccination")
BY_HAND = 12  # families for whom somebody types or presses; the others' forms are posted alike
HTMX = {"HX-Request": "true"}


@contextmanager
def site_at(moment, make, migrated, folder):
    """The address of the site at that moment, what was made for it, and its application."""
    path = folder / "clinic.sqlite3"
    shutil.copy(migrated, path)
    url = f"sqlite:///{path}"
    app = create_app(SETTINGS | {"DATABASE_URL": url, "SECRET_KEY": SECRET})
    with app.app_context(), time_machine.travel(moment, tick=True):
        made = make(app)
        db.session.remove()
        # Its clock begins after the cookies were signed, or it would not trust them.
        clocked = {"app": "tests.browser.clocked:app", "STARTS": clock.now().isoformat()}
        with serving(url, **clocked) as address:
            yield address, made
        db.session.remove()
        db.engine.dispose()


@contextmanager
def seat(chromium, address, who, *, width=1280, scripts=True):
    """A browser of somebody who is signed in."""
    context = chromium.new_context(
        base_url=address,
        locale="zh-CN",
        viewport={"width": width, "height": 900},
        java_script_enabled=scripts,
    )
    context.set_default_timeout(30_000)
    name, _, value = who.cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": address}])
    yield Visitor(context.new_page(), 0, scripts)
    context.close()


def answered(page, press):
    """Do that, and wait for the answer to the form that it sends."""
    with page.expect_response(lambda answer: answer.request.method == "POST") as found:
        press()
    assert found.value.status in (200, 303), found.value.status


def check_in_typed(desk, family, typed):
    """Type what they say, until the list shows them, and press the button in their row."""
    page = desk.page
    answered(page, lambda: page.locator("#q").fill(typed))
    row = page.locator(f"#visit-{family.appointment_id}")
    answered(page, row.locator('form[action$="/arrival"] button').click)
    row.locator('form[action$="/undo"]').wait_for()


def queue(code, station, room):
    return f"/desk/queue?centre={code}&station={station}&room={room}"


def call_and_finish(room, number):
    """Call next, and finish whoever came into this room; the label."""
    page = room.page
    answered(page, page.locator("#call-next").click)
    mine = page.locator("li.accent", has=page.locator('button[id^="finish-"]'))
    mine = mine.filter(has_text=f"接种室{'一二'[number]}").first
    label = mine.locator(".ticket").inner_text()
    answered(page, mine.locator('button[id^="finish-"]').click)
    page.locator("#busy").wait_for(state="detached")
    return label


def post_the_rest(address, who, code, station, room):
    """The same forms without a browser, until nobody waits; how many came."""
    fields = {"centre": code, "station": station, "room": room, "csrf_token": who.token}
    count = 0
    while True:
        called = send(address, who, "/desk/queue/next", fields)
        if called.status == 422:
            return count
        assert called.status == 200
        (button,) = values(called.page, '[id^="finish-"]', "id")
        (seen,) = values(called.page, f"form:has(#{button}) [name=seen]", "value")
        ticket = button.removeprefix("finish-")
        step = fields | {"seen": seen, "verb": "finish"}
        assert send(address, who, f"/desk/queue/tickets/{ticket}", step).status == 200
        count += 1


def send(address, who, path, fields):
    form = {"Content-Type": "application/x-www-form-urlencoded"} | HTMX
    return who.ask("POST", address, path, urlencode(fields), **form)[0]


def give(nurse, appointment_id):
    """What was booked is given, on the vaccinator's page."""
    page = nurse.page
    nurse.open(f"/vaccination/visits/{appointment_id}")
    page.locator("#MMR-give").check()
    page.locator("#MMR-lot").select_option(index=1)
    page.locator("#MMR-site").select_option("left arm")
    for one in page.locator("#checks input").all():
        one.check()
    nurse.press(page.locator("main form > .actions .btn-primary"))
    page.locator('main a[href$="/reaction"]').wait_for()  # it is on record
