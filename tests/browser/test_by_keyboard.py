"""Reception's morning with the keyboard alone, and without scripts."""

import pytest
from sqlalchemy import select

from clinic.db import db
from clinic.visits.models import Ticket
from clinic.visits.rules import State
from tests.browser.day import answered, queue, seat, site_at
from tests.browser.mornings import EIGHT, vaccinations


def tab_to(page, what, *, most=60):
    """Press Tab until that has the focus."""
    for _ in range(most):
        if page.evaluate("what => document.activeElement.matches(what)", what):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way to {what} with the keyboard")


@pytest.mark.parametrize("width", [390, 1280])
def test_checking_in_and_calling_with_the_keyboard_alone(chromium, migrated, tmp_path, width):
    with site_at(EIGHT, vaccinations, migrated, tmp_path) as (address, morning):
        family, desk, nurse = morning.booked[-1], *[morning.people[x][0] for x in ("desk", "nurse")]
        with seat(chromium, address, desk, width=width) as at:
            at.open("/desk/")
            tab_to(at.page, "#q")
            answered(at.page, lambda: at.page.keyboard.type(family.reference))
            row = f"#visit-{family.appointment_id}"
            at.page.locator(".data tbody tr").nth(1).wait_for(state="detached")
            tab_to(at.page, f"{row} form[action$='/arrival'] button")
            answered(at.page, lambda: at.page.keyboard.press("Enter"))
            at.page.locator(f"{row} :focus").wait_for()  # the keyboard stays in the row
        with seat(chromium, address, nurse, width=width) as at:
            at.open(queue(morning.code, "screening", morning.rooms[0]))
            tab_to(at.page, "#call-next")
            answered(at.page, lambda: at.page.keyboard.press("Enter"))
            at.page.locator("li.accent").wait_for()
            tab_to(at.page, "button[id^='begin-']")
            answered(at.page, lambda: at.page.keyboard.press("Enter"))
            at.page.locator("li.accent .tag-ok").wait_for()
        assert db.session.scalars(select(Ticket.state)).all() == [State.WITH]


def test_checking_in_and_calling_without_scripts(chromium, migrated, tmp_path):
    with site_at(EIGHT, vaccinations, migrated, tmp_path) as (address, morning):
        family, desk, nurse = morning.booked[-1], *[morning.people[x][0] for x in ("desk", "nurse")]
        with seat(chromium, address, desk, width=390, scripts=False) as at:
            at.open("/desk/")
            at.page.locator("#q").fill(family.phone)
            at.press(at.page.locator('form[role="search"] button'))
            row = at.page.locator(f"#visit-{family.appointment_id}")
            at.press(row.locator('form[action$="/arrival"] button'))
            row.locator('form[action$="/undo"]').wait_for()
        with seat(chromium, address, nurse, width=390, scripts=False) as at:
            at.open(queue(morning.code, "screening", morning.rooms[0]))
            at.press(at.page.locator("#call-next"))
            assert at.page.locator("li.accent .ticket").inner_text() == "B001"
        assert db.session.scalars(select(Ticket.state)).all() == [State.CALLED]
