"""One small world for the tests: a centre, who works there, a room, a service, and families.

What a test needs beside it, it opens, books and closes by name; a special world derives from it.
"""

from datetime import time, timedelta
from functools import cached_property

from clinic.accounts.models import Profession, Role
from clinic.clock import at
from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.kinds import Away, Close
from clinic.scheduling.timetable import rota
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import find_slot_times, slots_for
from clinic.scheduling.verify import broken_promises
from clinic.scheduling.waitlist import joining
from tests.makes import (
    NOON,
    PROFESSIONS,
    TOMORROW,
    make_appointment,
    make_child,
    make_hold,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_user,
)

ALL_DAYS, ALL_PARTS = range(7), ("morning", "afternoon", "evening")


class World:
    """A practitioner and a room of a centre, and one service that is given there.

    `hours` are of the session that it begins with (`make_session`); none if it is None. A person
    is made when a test first names them. A second service at the same `centre`, or the same
    `service` at a second centre, is a world of its own.
    """

    def __init__(self, kind="pediatrics", *, hours=None, service=None, centre=None, **facts):
        self.service = service or make_service(kind, **facts)
        self.practitioner = make_practitioner([self.service], centre=centre)
        self.centre = self.practitioner.centre
        self.room = make_room(self.centre)
        self.session = None if hours is None else self.open(**hours)

    @cached_property
    def manager(self):
        return self.staff(Role.MANAGER)

    @cached_property
    def reception(self):
        return self.staff(Role.RECEPTION)

    @cached_property
    def clinician(self):
        """The practitioner, as who signs in."""
        profession = PROFESSIONS.get(self.service.kind, Profession.DOCTOR)
        self.practitioner.user = self.staff(Role.CLINICIAN, profession=profession)
        db.session.commit()
        return self.practitioner.user

    @cached_property
    def parent(self):
        return make_user()

    @cached_property
    def child(self):
        return make_child(self.parent)

    def staff(self, role, **facts):
        """One more of the centre's people."""
        return make_user(role, centre=self.centre, **facts)

    def colleague(self, **facts):
        """A practitioner of the centre who gives the same."""
        return make_practitioner(self.practitioner.services, centre=self.centre, **facts)

    def also_gives(self, service):
        """The practitioner gives that service too, in the sessions that are opened from now on."""
        self.centre.services.append(service)
        self.practitioner.services.append(service)
        db.session.commit()

    def open(self, day=TOMORROW, practitioner=None, **kw):
        """A session for all that they give, by default tomorrow; a colleague has a room of their own."""
        who = practitioner or self.practitioner
        room = self.room if who is self.practitioner else make_room(self.centre)
        return make_session(who, room, list(who.services), day=day, **kw)

    def add_rule(self, weekly, practitioner=None, room=None, now=NOON):
        """The practitioner, or a colleague in a room of theirs, works by that weekly rule."""
        who, where = practitioner or self.practitioner, room or self.room
        rule = rota.add_rule(who, where, list(who.services), weekly, by=self.manager, now=now)
        db.session.commit()
        return rule

    def slot(self, number=0, session=None):
        return (session or self.session).slots[number]

    def request(self, child, number=0, session=None, **kw):
        """That child in the session's slot of that number."""
        slot = self.slot(number, session)
        return Request(child, self.service, slots_for(self.service, slot.id), **kw)

    def book(self, number=0, session=None, child=None, **kw):
        """An appointment in the session's slot of that number, of a family of its own."""
        return make_appointment(child, self.service, self.slot(number, session), **kw)

    def hold(self, *numbers, by=None, now=NOON):
        """A form of a family's children, one in each of these slots: the leading hold."""
        by = by or make_user()
        kept = make_hold(
            *(self.request(make_child(by), number) for number in numbers), by=by, now=now
        )
        db.session.commit()
        return kept

    def cancel(self, appointment, now=NOON):
        booking.cancel(appointment, by=make_user(), online=False, now=now)
        db.session.commit()
        assert broken_promises() == []

    def join(self, number=1, *, by=None, children=None, centres=None, now=NOON, **wish):
        """A family with so many children waits: for any time of the next week, if nothing is said."""
        by = by or (children[0].guardianships[0].user if children else make_user())
        children = children or [make_child(by) for _ in range(number)]
        usual = {"weekdays": ALL_DAYS, "parts": ALL_PARTS}
        usual |= {"first_day": TOMORROW, "last_day": TOMORROW + timedelta(days=6)}
        centres = [self.centre] if centres is None else centres
        entry = joining.join(by, children, self.service, centres, **usual | wish, now=now)
        db.session.commit()
        return entry

    def close(self, opens=time(0), closes=time(23), room=None, day=TOMORROW):
        """The centre, or a room, shut for repairs: a change that `do` carries out."""
        return Close(self.centre, at(day, opens), at(day, closes), "检修", "Repairs", room)

    def away(self, opens=time(0), closes=time(23)):
        return Away(self.practitioner, at(TOMORROW, opens), at(TOMORROW, closes))

    def do(self, change, now=NOON):
        """Carry it out as it was shown."""
        shown = applying.preview(change, now=now)
        db.session.commit()
        done = applying.apply(change, shown.version, by=self.manager, now=now)
        db.session.commit()
        assert broken_promises() == []
        return done

    def free(self, now=NOON, days=30):
        """The times of the next days that are free online."""
        last = NOON + timedelta(days=days)
        found = find_slot_times(self.service, [self.centre.id], NOON, last, now=now)
        return [slot_time for slot_time in found if slot_time.is_free]
