"""Two people at the same moment, in the verbs, on PostgreSQL, where transactions overlap.

Each meets the other at the point where it has looked and not yet written.
"""

import threading
from datetime import time, timedelta

import pytest
from sqlalchemy import func, select

from clinic.app import create_app
from clinic.centres.models import Centre, Closure, Service
from clinic.clock import at
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling import places
from clinic.scheduling.appointments import booking, holding
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.changes.kinds import Close
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment, Channel, Hold, Slot
from clinic.scheduling.timetable import extending, rota
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from tests.conftest import SETTINGS
from tests.makes import NOON, TOMORROW, make_hold, make_practitioner, make_room
from tests.scheduling.at_once import Clinic, at_once, by, meet_after

LATER = TOMORROW + timedelta(days=3)


@pytest.fixture
def postgres_site(fresh):
    app = create_app(SETTINGS | {"DATABASE_URL": fresh("postgresql")})
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def clinic(postgres_site):
    return Clinic()


def test_a_double_click_on_a_time_keeps_it_once(clinic, postgres_site, monkeypatch):
    meet_after(monkeypatch, holding, "_earlier")
    parent, child, service, slot = (
        clinic.parent.id,
        clinic.child.id,
        clinic.service.id,
        clinic.slots[0],
    )

    def click():
        wanted = db.session.get_one(Service, service)
        kid = db.session.get_one(Child, child)
        kept = make_hold(Request(kid, wanted, slots_for(wanted, slot)), by=by(parent), now=NOON)
        return kept.id

    first, second = at_once(postgres_site, click, click)

    assert first == second
    assert db.session.scalar(select(func.count(Hold.id))) == 1


def test_giving_back_twice_is_giving_back_once(clinic, postgres_site, monkeypatch):
    slots = slots_for(clinic.service, clinic.slots[0])
    kept = make_hold(Request(clinic.child, clinic.service, slots), by=clinic.parent, now=NOON)
    db.session.commit()
    meet_after(monkeypatch, holding, "slots_of_group")
    number = kept.id

    def release():
        with_it = db.session.get(Hold, number)
        if with_it:
            holding.give_up(with_it, now=NOON)

    assert at_once(postgres_site, release, release) == [None, None]
    assert broken_promises() == []


def test_confirming_in_one_tab_what_the_other_gave_up_is_refused(
    clinic, postgres_site, monkeypatch
):
    slots = slots_for(clinic.service, clinic.slots[0])
    kept = make_hold(Request(clinic.child, clinic.service, slots), by=clinic.parent, now=NOON)
    db.session.commit()
    begun, over, real = threading.Event(), threading.Event(), places.lock_to_take

    def late(*args, **kwargs):
        if threading.current_thread().name == "confirm":
            begun.set()
            over.wait(5)
        return real(*args, **kwargs)

    monkeypatch.setattr(places, "lock_to_take", late)
    number, parent, service, other = kept.id, clinic.parent.id, clinic.service.id, clinic.slots[2]

    def confirm():
        threading.current_thread().name = "confirm"
        mine = db.session.get_one(Hold, number)
        wanted = Request(mine.child, mine.service, slots_for(mine.service, mine.slot_id), hold=mine)
        booking.book([wanted], by=by(parent), key="k", channel=Channel.ONLINE, now=NOON)

    def choose_another():
        begun.wait(5)
        try:
            wanted = db.session.get_one(Service, service)
            kid = db.session.scalars(select(Child)).first()
            found = Request(kid, wanted, slots_for(wanted, other))
            kept = make_hold(found, by=by(parent), now=NOON)
            db.session.commit()
            return kept.id
        finally:
            over.set()

    confirmed, chosen = at_once(postgres_site, confirm, choose_another)

    assert type(confirmed).__name__ == "SlotTaken"
    assert isinstance(chosen, int)
    assert broken_promises() == []


def open_inside_the_closure():
    inside = (Closure.starts_at < Slot.ends_at, Closure.ends_at > Slot.starts_at)
    query = select(func.count(Slot.id)).join(Closure, Closure.centre_id == Slot.centre_id)
    return db.session.scalar(
        query.where(Closure.lifted_at.is_(None), Slot.closed_at.is_(None), *inside)
    )


def test_a_day_that_closes_while_the_rota_opens_it_is_closed(clinic, postgres_site, monkeypatch):
    colleague = make_practitioner([clinic.service], centre=clinic.centre)
    weekly = Weekly((1,), time(9), time(10), 15, TOMORROW)
    room = make_room(clinic.centre)
    rota.add_rule(colleague, room, [clinic.service], weekly, by=clinic.parent, now=NOON)
    db.session.commit()
    meet_after(monkeypatch, extending, "_opened")
    meet_after(monkeypatch, applying, "preview")
    centre, parent = clinic.centre.id, clinic.parent.id

    def extend():
        extending.extend([db.session.get_one(Centre, centre)], TOMORROW, TOMORROW, now=NOON)

    def close():
        where = db.session.get_one(Centre, centre)
        change = Close(where, at(TOMORROW, time(0)), at(TOMORROW, time(23)), "检修", "Repairs")
        while True:
            shown = applying.preview(change, now=NOON)
            try:
                applying.apply(change, shown.version, by=by(parent), now=NOON)
            except NotAsShown:
                db.session.rollback()
                continue
            return

    assert at_once(postgres_site, extend, close) == [None, None]
    assert open_inside_the_closure() == 0


def test_a_no_show_and_a_cancellation_end_it_once(clinic, postgres_site, monkeypatch):
    one = clinic.book(0)
    late = one.starts_at + timedelta(minutes=20)
    meet_after(monkeypatch, places, "slots_of")
    number, parent = one.id, clinic.parent.id

    def absent():
        visit = db.session.get_one(Appointment, number)
        attendance.mark_no_show(visit, by=by(parent), now=late, note="")

    def cancel():
        visit = db.session.get_one(Appointment, number)
        booking.cancel(visit, by=by(parent), online=False, now=late)

    answers = at_once(postgres_site, absent, cancel)

    assert {type(answer).__name__ for answer in answers} in (
        {"NoneType", "NotChangeable"},
        {"NoneType", "IsCancelled"},
    )
    assert broken_promises() == []
