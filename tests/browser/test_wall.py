"""The screen in the hall when the network goes, and the desk when the server does."""

from datetime import time

import pytest
from playwright.sync_api import expect

from clinic.accounts.models import Role
from clinic.centres.models import Centre
from clinic.db import db
from clinic.visits import arriving
from tests.browser.mornings import EIGHT, TODAY, YESTERDAY, Morning, signed_in
from tests.browser.test_day_journeys import answered, queue, seat, site_at
from tests.makes import make_appointment, make_child, make_service, make_slot, make_user


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
