"""Families keep, move and cancel in slots that cross while siblings wait for them: nobody sees an error.

On PostgreSQL: where writers stand in a line, none waits for another in a ring.
"""

from datetime import time
from random import Random

from sqlalchemy import select

from clinic import clock
from clinic.accounts.models import User
from clinic.audit.trail import AuditEvent
from clinic.centres.models import Centre, Service
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling.appointments import booking
from clinic.scheduling.models import Channel
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from clinic.scheduling.waitlist import joining
from tests.makes import (
    make_practitioner,
    make_room,
    make_service,
    make_session,
)
from tests.races.crossing import deadlocks
from tests.races.families import KIND, families, ids_of, in_turn, in_two_days
from tests.serving import serving

FAMILIES, SIBLINGS, VERBS = 48, 24, 7
AT_THE_DOOR = 16


class Busy:
    """Two days of two clinicians, half full, and siblings who wait for places together."""

    def __init__(self, app):
        service = make_service()
        centre = make_practitioner([service]).centre
        self.slot_ids = []
        for who in (make_practitioner([service], centre=centre) for _ in "ab"):
            room = make_room(centre)
            for day in range(2):
                hours = {"opens": time(8), "closes": time(10), "capacity": 3}
                session = make_session(who, room, [service], in_two_days(day), **hours)
                self.slot_ids += ids_of(session.slots)
        self.service_id, self.centre_id = service.id, centre.id
        self.crowd = families(app, FAMILIES)
        wanted = zip(self.crowd, self.slot_ids * 2, strict=False)
        self.booked = [self._book(family, slot_id) for family, slot_id in wanted]
        for family in families(app, SIBLINGS, children=2):
            self._wait(family)

    def _book(self, family, slot_id):
        child, service = db.session.get_one(Child, family.children[0]), self._service()
        wanted = Request(child, service, slots_for(service, slot_id))
        kw = {"by": child.guardianships[0].user, "channel": Channel.ONLINE, "now": clock.now()}
        made = booking.book([wanted], key=f"before:{child.id}", **kw).row
        db.session.commit()
        return made.appointments[0].id

    def _wait(self, family):
        children = [db.session.get_one(Child, child) for child in family.children]
        days = {"first_day": in_two_days(), "last_day": in_two_days(1)}
        wish = {"weekdays": range(7), "parts": ("morning",), **days}
        centres = [db.session.get_one(Centre, self.centre_id)]
        by = db.session.get_one(User, children[0].guardianships[0].user_id)
        joining.join(by, children, self._service(), centres, **wish, now=clock.now())
        db.session.commit()

    def _service(self):
        return db.session.get_one(Service, self.service_id)

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
