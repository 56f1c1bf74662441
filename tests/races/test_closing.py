"""A manager shuts the day, or retires its clinician, while parents book: nobody is lost, none left in."""

import threading
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from clinic import clock
from clinic.accounts.models import User
from clinic.app import create_app
from clinic.centres.models import Centre
from clinic.clock import clinic_day, day_bounds
from clinic.db import db, in_one_transaction
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.changes.kinds import Close
from clinic.scheduling.changes.retiring import Retire
from clinic.scheduling.models import Appointment
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verify import broken_promises
from tests.conftest import SETTINGS
from tests.makes import make_practitioner
from tests.promises import drop_promises
from tests.races.families import KIND, families, ids_of, in_turn, in_two_days
from tests.serving import serving
from tests.world import World

PARENTS = 60
AT_THE_DOOR = 8


def closing(centre):
    start, end = day_bounds(in_two_days())
    return Close(centre, start, end, "检修", "Repairs")


def retiring(centre):
    who = min(centre.practitioners, key=lambda practitioner: practitioner.id)
    return Retire(who, in_two_days(), clinic_day(clock.now()))


CHANGES = [closing, retiring]


@dataclass
class Closed:
    """What the manager did: how often it was refused as stale, and who was shown to lose their time."""

    stale: int = 0
    shown: tuple[int, ...] = ()


class Manager(threading.Thread):
    """Looks at whom closing the day concerns before anybody books, and shuts it once somebody has.

    With an application and connections of its own. `heedless`: does not look again.
    """

    def __init__(self, url, centre_id, by_id, *, change, heedless=False):
        super().__init__()
        self.change = change
        self.url, self.centre_id, self.by_id = url, centre_id, by_id
        self.heedless = heedless
        self.has_looked, self.somebody_booked = threading.Event(), threading.Event()
        self.closed = Closed()

    def run(self):
        app = create_app(SETTINGS | {"DATABASE_URL": self.url})
        with app.app_context():
            self._close()
            db.session.remove()
            db.engine.dispose()

    def _close(self):
        centre, by = (
            db.session.get_one(Centre, self.centre_id),
            db.session.get_one(User, self.by_id),
        )
        change = self.change(centre)
        version = self._look(change)
        self.has_looked.set()
        self.somebody_booked.wait(60)
        while True:
            if self.heedless:
                version = applying.preview(change, now=clock.now()).version
                db.session.commit()
            try:
                in_one_transaction(
                    lambda version=version: applying.apply(change, version, by=by, now=clock.now())
                )
            except NotAsShown:
                db.session.rollback()
                self.closed.stale += 1
                version = self._look(change)
            else:
                return

    def _look(self, change):
        shown = applying.preview(change, now=clock.now())
        self.closed.shown = tuple(appointment.id for appointment in shown.displaced)
        db.session.commit()
        return shown.version


def a_day(app):
    """The service, its quarters of an hour on the day that will be shut, and the manager's ids."""
    world = World(hours={"day": in_two_days(), "capacity": 8})
    colleague = make_practitioner([world.service], centre=world.centre)
    world.open(in_two_days(1), practitioner=colleague)  # stays open
    who = world.service.id, world.centre.id, world.manager.id
    return *who, ids_of(world.session.slots)


def book_and_close(app, *, change=closing, twin=None, heedless=False):
    """Parents book as the day is shut; one holds a time before and confirms after it.

    The parents' answers, the answer of the last one, and what the manager did.
    """
    service_id, centre_id, by_id, slot_ids = a_day(app)
    url = app.config["DATABASE_URL"]
    last, *crowd = families(app, PARENTS + 1)
    wanted = [(family, slot_ids[n % len(slot_ids)]) for n, family in enumerate(crowd)]
    manager = Manager(url, centre_id, by_id, change=change, heedless=heedless)
    with serving(url, **twin or {}) as site:
        held = last.hold(site, service_id, slot_ids[0])
        manager.start()
        manager.has_looked.wait(60)

        def book(pair):
            family, slot_id = pair
            answer = family.book(site, service_id, slot_id)
            if answer.status == 303:
                manager.somebody_booked.set()
            return answer

        answers = in_turn(book, wanted, AT_THE_DOOR)
        manager.join(60)
        return answers, last.confirm(site, held), manager.closed


def everybody():
    db.session.rollback()
    return db.session.scalars(select(Appointment).order_by(Appointment.id)).all()


@pytest.mark.parametrize("change", CHANGES)
def test_closing_a_day_while_it_is_booked_loses_nobody(race, change):
    answers, last, closed = book_and_close(race, change=change)

    booked = [answer for answer in answers if answer.status == 303]
    assert booked
    assert {answer.status for answer in answers} - {303} <= KIND
    assert last.status in KIND
    assert 'name="slot"' in last.page
    # The first look was stale, for somebody had booked; then whoever was shown lost their time.
    assert closed.stale >= 1
    everybody_is = everybody()
    assert len(everybody_is) == len(booked)
    assert {status_of(appointment) for appointment in everybody_is} == {Status.DISPLACED}
    assert sorted(closed.shown) == [one.id for one in everybody_is]
    assert broken_promises() == []


def test_its_twin_that_remembers_the_old_hours_books_into_a_shut_room(race):
    drop_promises()
    twin = {"app": "tests.races.unprotected:app", "workers": 1, "threads": 16, "OLD": "1"}
    _, last, _ = book_and_close(race, twin=twin)

    assert last.status == 303
    assert Status.BOOKED in {status_of(appointment) for appointment in everybody()}
    assert any(
        "closed, but families are booked" in broken_promise for broken_promise in broken_promises()
    )


@pytest.mark.parametrize("change", CHANGES)
def test_its_twin_whose_manager_does_not_look_again_surprises_families(race, change):
    _, _, closed = book_and_close(race, change=change, heedless=True)

    displaced = [
        appointment.id for appointment in everybody() if status_of(appointment) is Status.DISPLACED
    ]
    assert displaced
    assert list(closed.shown) != displaced
