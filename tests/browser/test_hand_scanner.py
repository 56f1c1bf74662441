"""A hand scanner at the desk: keys that come fast, then Enter, whatever has the focus."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from clinic.accounts.models import Role
from clinic.centres.models import Centre
from clinic.db import db
from tests.browser.mornings import EIGHT, TODAY, YESTERDAY, Booked, Morning, signed_in
from tests.browser.test_day_journeys import answered, seat, site_at
from tests.makes import make_appointment, make_child, make_service, make_slot, make_user

NAMES = ("王一禾", "赵小满", "李可欣")


def three_come(app):
    service = make_service()
    slot = make_slot(service, day=TODAY, capacity=3)
    desk = make_user(Role.RECEPTION, centre=db.session.get_one(Centre, slot.centre_id), name="前台")
    booked = []
    for name in NAMES:
        made = make_appointment(make_child(name=name), service, slot, now=YESTERDAY)
        booked.append(Booked(made.id, name, made.booking.reference, "", ""))
    db.session.commit()
    return Morning(slot.centre.code, {"desk": [signed_in(app, desk)]}, [], booked)


@pytest.fixture(scope="module")
def counter(migrated, tmp_path_factory):
    with site_at(EIGHT, three_come, migrated, tmp_path_factory.mktemp("counter")) as site:
        yield site


@pytest.fixture
def desk(chromium, counter):
    address, morning = counter
    with seat(chromium, address, morning.people["desk"][0]) as made:
        made.page.clock.set_fixed_time(EIGHT)  # every key comes at once
        made.open("/desk/")
        made.booked = morning.booked
        yield made


def scan(page, code):
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def only(page, family):
    """The list has this one, and the search what was scanned."""
    expect(page.locator("#arrivals tbody tr")).to_have_count(1)
    expect(page.locator(f"#visit-{family.appointment_id}")).to_be_visible()
    expect(page.locator("#q")).to_have_value(family.reference)
    assert page.url.endswith("/desk/")


def test_the_search_is_ready_when_the_page_comes(desk):
    expect(desk.page.locator("#q")).to_be_focused()


def test_each_scan_replaces_the_one_before(desk):
    for family in (*desk.booked, desk.booked[0]):
        scan(desk.page, family.reference)
        only(desk.page, family)


def test_after_a_check_in_the_next_scan_finds_the_next_family(desk):
    page, (first, second, _) = desk.page, desk.booked
    scan(page, first.reference)
    only(page, first)
    row = page.locator(f"#visit-{first.appointment_id}")
    answered(page, row.locator('form[action$="/arrival"] button').click)
    row.locator('form[action$="/undo"]').wait_for()
    expect(page.locator("#q")).to_be_focused()
    scan(page, second.reference)
    only(page, second)


@pytest.mark.parametrize("place", ["a.name, tbody th a", "tbody button", "#scan", "body"])
def test_a_scan_works_wherever_the_focus_is(desk, place):
    page, family = desk.page, desk.booked[2]
    page.locator(place).first.evaluate("(one) => { document.activeElement.blur(); one.focus(); }")
    scan(page, family.reference)
    only(page, family)


def test_what_is_typed_by_hand_opens_what_has_the_focus(desk):
    page = desk.page
    page.locator("tbody th a").first.focus()
    for number, key in enumerate("abcdefg"):
        page.clock.set_fixed_time(EIGHT + number * timedelta(milliseconds=120))
        page.keyboard.press(key)
    with page.expect_event("load"):
        page.keyboard.press("Enter")
    assert "/desk/appointments/" in page.url


@pytest.mark.parametrize("way", ["", "/slip"])
def test_a_scan_on_another_page_of_the_desk_leads_to_the_family(desk, way):
    page, family = desk.page, desk.booked[1]
    desk.open(f"/desk/appointments/{desk.booked[0].appointment_id}{way}")
    with page.expect_event("load"):
        scan(page, family.reference)
    expect(page.locator("#arrivals tbody tr")).to_have_count(1)
    expect(page.locator(f"#visit-{family.appointment_id}")).to_be_visible()


def test_a_note_that_is_being_written_keeps_what_is_scanned(desk):
    page = desk.page
    desk.open("/desk/end")
    page.locator("#text").focus()
    scan(page, desk.booked[0].reference)
    expect(page.locator("#text")).to_have_value(f"{desk.booked[0].reference}\n")
