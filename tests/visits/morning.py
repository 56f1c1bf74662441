"""A centre's morning, with children who are led from the door to the chairs."""

from datetime import time, timedelta

import pytest

from clinic.accounts.models import Role
from clinic.clock import clinic_day
from clinic.db import db
from clinic.visits import arriving, line
from tests.makes import NOON, make_practitioner, make_room, make_service, make_slot
from tests.world import World

TODAY, MINUTE = clinic_day(NOON), timedelta(minutes=1)


@pytest.fixture
def morning(both):
    return Morning()


class Morning(World):
    """A centre with a vaccination session at one o'clock, its people, and a room besides."""

    def __init__(self, kind="vaccination"):
        super().__init__(kind)
        self.other_service = make_service(kind)
        self.also_gives(self.other_service)
        self.session = self.open(TODAY, opens=time(13), closes=time(16), capacity=9)
        self.desk, self.nurse = self.reception, self.staff(Role.CLINICIAN)
        self.other_room = make_room(self.centre)
        self.now = self.slot().starts_at

    def arrive(self, child=None):
        ticket = arriving.check_in(self.book(child=child), by=self.desk, now=self.now)
        db.session.commit()
        return ticket

    def do(self, verb, ticket, *args, by=None, after=0 * MINUTE):
        self.now += after
        verb(ticket, *args, seen=ticket.steps, by=by or self.nurse, now=self.now)
        db.session.commit()

    def call_next(self, station, room=None, by=None):
        ticket = line.call_next(
            self.centre.id, station, room or self.room, by=by or self.nurse, now=self.now
        )
        db.session.commit()
        return ticket


def make_check_slot(morning, check):
    doctor = make_practitioner([check], centre=morning.centre)
    return make_slot(check, practitioner=doctor, day=TODAY, opens=time(14), closes=time(15))
