"""The screen in the hall when the network goes, and the desk when the server does."""

from datetime import time

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from clinic import clock
from clinic.accounts.models import Role, User
from clinic.centres.models import Centre, Room
from clinic.db import db
from clinic.visits import arriving, line
from tests.browser.mornings import EIGHT, TODAY, YESTERDAY, Morning, signed_in
from tests.browser.test_day_journeys import answered, queue, seat, site_at
from tests.makes import (
    make_appointment,
    make_centre,
    make_child,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_slot,
    make_user,
)


def two_wait(app):
    """Two children wait for a doctor's room, one with a rare name."""
    service = make_service()
    slot = make_slot(service, day=TODAY, opens=time(8, 15), capacity=2)
    centre = db.session.get_one(Centre, slot.centre_id)
    desk = make_user(Role.RECEPTION, centre=centre, name="前台")
    for name in ("𬱖㛃", "阿依古丽·买买提"):
        made = make_appointment(make_child(name=name), service, slot, now=YESTERDAY)
        arriving.check_in(made, by=desk, now=EIGHT)
    db.session.commit()
    room = slot.clinic_session.room_id
    return Morning(centre.code, {"desk": [signed_in(app, desk)]}, [room], [])


@pytest.fixture(scope="module")
def hall(migrated, tmp_path_factory):
    with site_at(EIGHT, two_wait, migrated, tmp_path_factory.mktemp("hall")) as site:
        yield site


def many_rooms(app):
    """Fourteen rooms of one centre, and two children who wait for each of them."""
    service = make_service()
    centre = make_centre()
    desk = make_user(Role.RECEPTION, centre=centre, name="前台")
    rooms = []
    for number in range(1, 15):
        room = make_room(
            centre, name_zh=f"儿童保健诊室{number}", name_en=f"Child Health Room {number}"
        )
        who = make_practitioner([service], centre=centre)
        slot = make_session(who, room, [service], TODAY, time(8), capacity=2).slots[0]
        rooms.append(room.id)
        for _ in range(2):
            made = make_appointment(make_child(), service, slot, now=YESTERDAY)
            arriving.check_in(made, by=desk, now=EIGHT)
    db.session.commit()
    return Morning(centre.code, {"desk": [signed_in(app, desk)]}, rooms, [desk.id])


# What stands outside of the screen, or beyond its own line.
CUT_OFF = """() => [...document.querySelectorAll(".calls li, .nexts li")].filter((one) => {
  const { top, bottom, left, right } = one.getBoundingClientRect();
  return top < 0 || left < 0 || bottom > innerHeight || right > innerWidth || one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight;
}).map((one) => one.textContent)"""
SCREENS = [(1920, 1080), (1280, 720), (1080, 1920), (3840, 2160)]


def test_every_call_is_on_the_screen(chromium, migrated, tmp_path):
    with site_at(EIGHT, many_rooms, migrated, tmp_path) as (address, morning):
        desk, centre = (
            db.session.get_one(User, morning.booked[0]),
            db.session.scalar(select(Centre)),
        )
        page = chromium.new_page(base_url=address)
        called = []
        for number, room in enumerate(morning.rooms, 1):
            where = db.session.get_one(Room, room)
            called.append(
                line.call_next(centre.id, "doctor", where, by=desk, now=clock.now()).label
            )
            db.session.commit()
            if number not in (1, 4, 5, 8, 14):
                continue
            for width, height in SCREENS:
                page.set_viewport_size({"width": width, "height": height})
                page.goto(f"/desk/screen/{morning.code}")
                assert sorted(page.locator(".calls b").all_inner_texts()) == sorted(called)
                assert page.evaluate(CUT_OFF) == [], (number, width, height)
        page.close()


def call_next(chromium, address, morning):
    """Somebody at the desk calls the next one."""
    with seat(chromium, address, morning.people["desk"][0]) as desk:
        desk.open(queue(morning.code, "doctor", morning.rooms[0]))
        answered(desk.page, desk.page.locator("#call-next").click)


def test_the_wall_says_since_when_it_is_stale_and_comes_back_by_itself(chromium, hall):
    address, morning = hall
    with seat(chromium, address, morning.people["desk"][0], width=1920) as wall:
        page, stale = wall.page, wall.page.locator("#stale")
        page.clock.install()
        wall.open(f"/desk/screen/{morning.code}")
        calls = page.locator(".calls")
        expect(page.locator(".nexts li")).to_have_text(["A001", "A002"])

        page.context.set_offline(True)
        since = page.evaluate("new Date(heard).toTimeString().slice(0, 5)")
        page.clock.run_for(12_000)
        expect(stale).to_be_visible()
        assert since in stale.inner_text()
        assert page.locator(".nexts li").count() == 2  # what it knew stays readable
        wall.look()
        call_next(chromium, address, morning)

        page.context.set_offline(False)
        page.clock.run_for(4_000)
        expect(calls).to_contain_text("A001")
        page.clock.run_for(1_000)
        expect(stale).to_be_hidden()
        shown = page.locator("body").inner_text()
        assert not {"𬱖", "㛃", "阿依", "买买提"} & {
            shown[n : n + k] for n in range(len(shown)) for k in (1, 2, 3)
        }


def test_after_a_crash_everything_stands(chromium, hall):
    address, morning = hall
    with seat(chromium, address, morning.people["desk"][0], width=390) as desk:
        here = queue(morning.code, "doctor", morning.rooms[0])
        desk.open(here)
        before = desk.page.locator(".ticket").all_inner_texts()
        assert before == ["A001", "A002"]
        address.kill_workers()
        desk.open(here)
        assert desk.page.locator(".ticket").all_inner_texts() == before
        desk.open("/desk/")
        assert desk.page.locator("#arrivals tbody a.tag").all_inner_texts() == before
