"""A small clinic whose hours change, for the tests of that."""

from datetime import time, timedelta

from clinic.clock import at
from clinic.db import db
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.kinds import Away, Close
from clinic.scheduling.request import Request
from clinic.scheduling.slot_times import find_slot_times, slots_for
from clinic.scheduling.verify import broken_promises
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_user,
)


class Clinic:
    """One practitioner, tomorrow from nine to eleven in slots of a quarter, and a manager."""

    def __init__(self, *, minutes=15, **kw):
        self.service = make_service(minutes=minutes)
        self.practitioner = make_practitioner([self.service])
        self.centre = self.practitioner.centre
        self.room = make_room(self.centre)
        self.manager = make_user()
        self.session = self.open(TOMORROW, **kw)

    def open(self, day, practitioner=None, **kw):
        who = practitioner or self.practitioner
        room = self.room if who is self.practitioner else make_room(self.centre)
        return make_session(who, room, [self.service], day=day, **kw)

    def book(self, number, session=None):
        """An appointment in the session's slot of that number."""
        slot = (session or self.session).slots[number]
        return make_appointment(service=self.service, slot=slot)

    def wanted(self, child, number, session=None, **kw):
        """That child in the session's slot of that number."""
        slot = (session or self.session).slots[number]
        return Request(child, self.service, slots_for(self.service, slot.id), **kw)

    def close(self, opens=time(0), closes=time(23), room=None, day=TOMORROW):
        return Close(self.centre, at(day, opens), at(day, closes), "检修", "Repairs", room)

    def away(self, opens=time(0), closes=time(23)):
        return Away(self.practitioner, at(TOMORROW, opens), at(TOMORROW, closes))

    def do(self, change, now=NOON):
        shown = applying.preview(change, now=now)
        db.session.commit()
        done = applying.apply(change, shown.version, by=self.manager, now=now)
        db.session.commit()
        assert broken_promises() == []
        return done

    def free(self, now=NOON):
        found = find_slot_times(
            self.service, [self.centre.id], NOON, NOON + timedelta(days=30), now=now
        )
        return [slot_time for slot_time in found if slot_time.is_free]
