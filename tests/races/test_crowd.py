"""Families keep, move and cancel in slots that cross while siblings wait for them: nobody sees an error.

On PostgreSQL: where writers stand in a line, none waits for another in a ring.
"""

from datetime import time
from random import Random

from sqlalchemy import select

from clinic import clock
from clinic.audit.trail import AuditEvent
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling.models import Slot
from clinic.scheduling.verify import broken_promises
from tests.makes import make_appointment
from tests.races.crossing import deadlocks
from tests.races.families import KIND, families, ids_of, in_turn, in_two_days
from tests.serving import serving
from tests.world import World

FAMILIES, SIBLINGS, VERBS = 48, 24, 7
AT_THE_DOOR = 16


def children_of(family):
    return [db.session.get_one(Child, child) for child in family.children]


def book(world, family, slot_id):
    """The id of an appointment of the family's child."""
    (child,) = children_of(family)
    slot = db.session.get_one(Slot, slot_id)
    by = child.guardianships[0].user
    return make_appointment(child, world.service, slot, by=by, now=clock.now()).id


def wait(world, family):
    days = {"first_day": in_two_days(), "last_day": in_two_days(1)}
    world.join(children=children_of(family), parts=("morning",), **days, now=clock.now())


class Busy:
    """Two days of two clinicians, half full, and siblings who wait for places together."""

    def __init__(self, app):
        world = World()
        self.slot_ids = []
        for practitioner in (world.practitioner, world.colleague()):
            for day in range(2):
                hours = {"opens": time(8), "closes": time(10), "capacity": 3}
                session = world.open(in_two_days(day), practitioner, **hours)
                self.slot_ids += ids_of(session.slots)
        self.service_id = world.service.id
        self.crowd = families(app, FAMILIES)
        wanted = zip(self.crowd, self.slot_ids * 2, strict=False)
        self.booked = [book(world, family, slot_id) for family, slot_id in wanted]
        for family in families(app, SIBLINGS, children=2):
            wait(world, family)

    def cross(self, site):
        """Every family does what comes into its mind, the same each time; all the answers."""
        pairs = list(zip(self.crowd, self.booked, strict=True))
        theirs = in_turn(lambda pair: self._act(site, *pair), pairs, AT_THE_DOOR)
        return [answer for answers in theirs for answer in answers]

    def _act(self, site, family, booked):
        mind, answers = Random(booked), []
        for _ in range(VERBS):
            slot_id = mind.choice(self.slot_ids)
            what = mind.choice(["move", "move", "keep", "cancel"]) if booked else "book"
            if what == "cancel":
                path = f"/appointments/{booked}/cancellation"
                answers.append(family.parent.post(site, path, reason=""))
                booked = None if answers[-1].status == 303 else booked
                continue
            moves = {"move": booked} if what == "move" else {}
            answers.append(family.hold(site, self.service_id, slot_id, **moves))
            if answers[-1].status != 303:
                continue
            if what == "keep":
                held, _, wish = answers[-1].where.partition("?")
                answers.append(family.parent.post(site, f"{held}/release?{wish}"))
                continue
            answers.append(family.confirm(site, answers[-1]))
            if answers[-1].status == 303:
                booked = int(answers[-1].where.rpartition("/")[2])
        return answers


def test_families_that_cross_while_siblings_wait_see_no_error(postgres_race):
    busy = Busy(postgres_race)
    with serving(postgres_race.config["DATABASE_URL"]) as site:
        answers = busy.cross(site)

    assert len(answers) > 300
    assert {answer.status for answer in answers} <= {303} | KIND
    told = db.session.scalars(select(AuditEvent.action)).all()
    assert {"book", "move", "cancel", "offer"} <= set(told)
    assert deadlocks() == 0
    assert broken_promises() == []
