"""Two people at the same moment, in the verbs, on PostgreSQL, where transactions overlap.

Each meets the other at the point where it has looked and not yet written.
"""

import threading
from datetime import time, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from clinic.accounts.models import User
from clinic.app import create_app
from clinic.centres.models import Centre, Closure, Service
from clinic.clock import at
from clinic.db import db, in_one_transaction
from clinic.families.models import Child
from clinic.scheduling import places
from clinic.scheduling.appointments import booking, holding, new_times
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.changes.kinds import Close
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment, Channel, Hold, Slot, WaitlistEntry
from clinic.scheduling.timetable import extending, rota
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from clinic.scheduling.waitlist import joining, offering
from tests.conftest import SETTINGS
from tests.makes import (
    NOON,
    TOMORROW,
    make_hold,
    make_practitioner,
    make_room,
    make_session,
)
from tests.world import World

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


class Clinic(World):
    """A practitioner with four slots tomorrow at nine; ids, since every thread loads its own rows."""

    def __init__(self):
        super().__init__(hours={"closes": time(10)})
        self.slots = [slot.id for slot in self.session.slots]
        assert self.child.guardianships  # the family is there before anything happens

    def fill(self):
        return [self.book(number) for number in range(4)]

    def wait(self):
        wish = {"parts": ["morning"], "first_day": TOMORROW, "last_day": TOMORROW}
        return self.join(by=self.parent, children=[self.child], **wish)


def at_once(app, *works):
    """Do all of it in threads with sessions of their own; each answer, or the error that it ended in."""
    answers = [None] * len(works)

    def run(number, work):
        with app.app_context():
            try:
                answers[number] = in_one_transaction(work)
            except Exception as error:
                answers[number] = error
                db.session.rollback()
            finally:
                db.session.remove()

    db.session.commit()
    threads = [
        threading.Thread(target=run, args=(number, work)) for number, work in enumerate(works)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    db.session.rollback()
    db.session.expire_all()
    return answers


def meet_after(monkeypatch, module, name):
    """Both threads come back from their first call of that function together, or alone after a while."""
    real, met = getattr(module, name), threading.Barrier(2)
    seen = threading.local()

    def and_meet(*args, **kwargs):
        answer = real(*args, **kwargs)
        if not getattr(seen, "before", False):
            seen.before = True
            try:
                met.wait(1)
            except threading.BrokenBarrierError:
                return answer  # the other waits for a lock of ours
        return answer

    monkeypatch.setattr(module, name, and_meet)


def by(user_id):
    return db.session.get_one(User, user_id)


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


def test_two_places_that_free_together_are_one_offer_to_one_family(
    clinic, postgres_site, monkeypatch
):
    first, *_, last = clinic.fill()
    entry = clinic.wait()
    meet_after(monkeypatch, offering, "have_offers")
    parent, number = clinic.parent.id, entry.id

    def cancel(appointment_id):
        one = db.session.get_one(Appointment, appointment_id)
        booking.cancel(one, by=by(parent), online=False, now=NOON)

    answers = at_once(postgres_site, partial(cancel, first.id), partial(cancel, last.id))

    assert answers == [None, None]
    assert len(offering.live_offers(number)) == 1


def test_two_workers_find_one_place_for_one_family(clinic, postgres_site, monkeypatch):
    entry = clinic.wait()
    meet_after(monkeypatch, offering, "have_offers")
    look = partial(offering.look_for, [entry.id], now=NOON)

    answers = at_once(postgres_site, look, look)

    assert not any(isinstance(answer, Exception) for answer in answers)
    assert len(offering.live_offers(entry.id)) == 1


def test_nothing_is_offered_to_a_family_that_leaves(clinic, postgres_site, monkeypatch):
    first, *_ = clinic.fill()
    entry = clinic.wait()
    meet_after(monkeypatch, offering, "have_offers")
    parent, number, taken = clinic.parent.id, entry.id, first.id

    def cancel():
        one = db.session.get_one(Appointment, taken)
        booking.cancel(one, by=by(parent), online=False, now=NOON)

    def leave():
        joining.leave(db.session.get_one(WaitlistEntry, number), by=by(parent), now=NOON)

    assert at_once(postgres_site, cancel, leave) == [None, None]
    assert list(offering.live_offers(number)) == []


def test_two_workers_keep_new_times_once(clinic, postgres_site, monkeypatch):
    make_session(clinic.practitioner, clinic.room, [clinic.service], day=LATER)
    lost = clinic.book(0)
    clinic.do(clinic.close())
    meet_after(monkeypatch, new_times, "kept_for")
    offer = partial(new_times.offer_to, lost.id, now=NOON)

    at_once(postgres_site, lambda: len(offer()), lambda: len(offer()))

    assert db.session.scalar(select(func.count(Hold.id))) == new_times.KEPT


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
