"""The worker is killed in the middle of its round, three times, and comes back: each thing is done once."""

import os
import signal
import subprocess
import sys
from datetime import time, timedelta
from functools import partial

from sqlalchemy import func, select, text

from clinic import clock
from clinic.audit.trail import AuditEvent
from clinic.db import db, in_one_transaction
from clinic.scheduling.appointments import booking, new_times
from clinic.scheduling.models import ClinicSession, Hold, HoldFor, RotaRule, WaitlistEntry
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.verify import broken_promises
from clinic.scheduling.waitlist import offering
from tests.makes import make_room
from tests.races import twins
from tests.races.families import at_once, in_two_days
from tests.serving import ROOT, SECRET
from tests.world import World

EACH = (
    4  # offers that lapse, families to ask next, new places unnoticed, appointments without a time
)


def worker(url, die="", **twin):
    """A process that works one round."""
    settings = {"DATABASE_URL": url, "SECRET_KEY": SECRET, "FLASK_DEBUG": "1", "DIE": die, **twin}
    command = [sys.executable, "-m", "tests.races.dying"]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | settings)


class Backlog(World):
    """What one round has to do: offers that are over, families to ask next, new times, and a rota."""

    def __init__(self):
        self.now = clock.now()
        super().__init__(hours=self._hours(time(9)))
        self._offers_that_lapse()
        self._places_that_nobody_noticed()
        self._appointments_without_a_time()
        weekly = Weekly((0, 1, 2, 3, 4), time(14), time(16), 30, in_two_days(4))
        self.add_rule(weekly, self.colleague(), make_room(self.centre), now=self.now)

    @staticmethod
    def _hours(closes, later=0):
        return {"day": in_two_days(later), "opens": time(8), "closes": closes}

    def _offers_that_lapse(self):
        """As many places came free an hour ago; the first to wait were asked, and did not answer."""
        then = self.now - timedelta(hours=1)
        taken = [self.book(number, now=then) for number in range(len(self.session.slots))]
        for n in range(2 * EACH):
            wait(self, then - timedelta(minutes=60 - n))
        for appointment in taken:
            booking.cancel(appointment, by=self.manager, online=False, now=then)
            db.session.commit()

    def _places_that_nobody_noticed(self):
        """Families wait for another service, and a session with more than enough was opened since."""
        other = World(centre=self.centre)
        for _ in range(EACH):
            wait(other, self.now)
        other.open(**self._hours(time(11)))

    def _appointments_without_a_time(self):
        """A day was shut with as many families booked; the next day there is room for all of them."""
        other = World(centre=self.centre, hours=self._hours(time(9), 2))
        other.open(**self._hours(time(11), 3))
        for number in range(len(other.session.slots)):
            other.book(number, now=self.now)
        other.do(other.close(room=other.room, day=in_two_days(2)), now=self.now)


def wait(world, since):
    """A family waits for a morning."""
    day = in_two_days()
    world.join(parts=("morning",), first_day=day, last_day=day, now=since)


def done():
    """How often each thing was done, by what is in the database and by what the trail says."""
    db.session.rollback()

    def count(*where):
        return db.session.scalar(select(func.count()).where(*where))

    trail = select(AuditEvent.action, func.count()).where(AuditEvent.actor_id.is_(None))
    offers = Hold.purpose == HoldFor.WAITLIST
    return {
        "trail": dict(db.session.execute(trail.group_by(AuditEvent.action)).all()),
        "offers over": count(offers, Hold.ended_at.is_not(None)),
        "offers live": count(offers, Hold.ended_at.is_(None)),
        "lapses": db.session.scalar(select(func.sum(WaitlistEntry.lapses))),
        "new times": count(Hold.purpose == HoldFor.NEW_TIME),
        "asked twice": [
            row[0]
            for row in db.session.execute(
                select(Hold.entry_id)
                .where(offers, Hold.ended_at.is_(None))
                .group_by(Hold.entry_id)
                .having(func.count() > 1)
            )
        ],
        "days of the rota": count(ClinicSession.rota_rule_id.is_not(None)) > 0
        and count(ClinicSession.rota_rule_id.is_not(None))
        == db.session.scalar(
            select(func.count(ClinicSession.rota_day.distinct())).where(
                ClinicSession.rota_rule_id.is_not(None)
            )
        ),
    }


EVERYTHING_ONCE = {
    # The first offers were made when the places came free, the next when those lapsed.
    "trail": {"offer": 3 * EACH, "offer_lapsed": EACH, "offer_new_times": EACH},
    "offers over": EACH,
    "offers live": 2 * EACH,
    "lapses": EACH,
    "new times": 2 * EACH,
    "asked twice": [],
    "days of the rota": True,
}


def test_a_worker_killed_thrice_does_each_thing_once(race):
    url = race.config["DATABASE_URL"]
    Backlog()
    # Commits, of savepoints too: one after reading what is over, two a lapsed offer, and so on to
    # the rota. Where nothing has lapsed and the rota is open, the eleventh lies between the offers
    # at one centre.
    for die in ("before:4", "after:9", "before:11"):
        assert worker(url, die).wait(60) == -signal.SIGKILL
        assert broken_promises() == []
        assert done() != EVERYTHING_ONCE
        db.session.rollback()

    assert worker(url).wait(60) == 0

    assert done() == EVERYTHING_ONCE
    assert broken_promises() == []


def test_its_twin_that_commits_in_pieces_does_one_thing_twice(race):
    url = race.config["DATABASE_URL"]
    Backlog()

    assert worker(url, TORN="2").wait(60) == -signal.SIGKILL
    assert worker(url).wait(60) == 0

    assert done()["lapses"] == EACH + 1  # one family is said to have let two offers pass


def test_two_workers_at_once_do_each_thing_once(race):
    url = race.config["DATABASE_URL"]
    Backlog()

    assert [process.wait(60) for process in [worker(url), worker(url)]] == [0, 0]

    assert done() == EVERYTHING_ONCE
    assert broken_promises() == []
    assert db.session.query(RotaRule).count() == 1


def everything_twice(race):
    """Two do each thing at the same moment: for each, which of them did it."""
    now = clock.now()
    waits = select(WaitlistEntry.id).where(WaitlistEntry.ended_at.is_(None))
    tasks = [
        partial(offering.look_for, [entry_id], now=now) for entry_id in db.session.scalars(waits)
    ]
    tasks += [
        partial(new_times.offer_to, appointment_id, now=now)
        for appointment_id in new_times.not_offered_yet(now=now)
    ]
    db.session.commit()

    def at_it(task):
        with race.app_context():
            return bool(in_one_transaction(task))

    return [sorted(at_once(at_it, [task, task])) for task in tasks]


def test_two_workers_that_look_for_the_same_family_at_the_same_moment(race):
    Backlog()
    did = everything_twice(race)

    assert did.count([False, True]) == 3 * EACH  # one of the two did it, and only one
    assert did.count([True, True]) == 0
    assert (done()["new times"], done()["asked twice"]) == (2 * EACH, [])
    assert broken_promises() == []


def test_its_twin_whose_workers_neither_lock_nor_look_asks_families_twice(race, monkeypatch):
    """Slots are still locked: it is the family that two workers deal with at once."""
    Backlog()
    db.session.execute(text("DROP INDEX uq_holds_live_offer"))
    unlocked = {"with_for_update": lambda query, **_: query}
    unseen = {"have_offers": twins.none, "kept_for": twins.none}
    twins.replace(monkeypatch.setattr, **unlocked, **unseen)
    did = everything_twice(race)

    assert did.count([True, True]) >= 2 * EACH
    assert len(done()["asked twice"]) >= EACH
    assert done()["new times"] > 2 * EACH
    assert [
        broken_promise
        for broken_promise in broken_promises()
        if "two offers at once" in broken_promise
    ]
