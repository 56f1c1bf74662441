"""A small centre with a rota, for the tests of its drafts."""

from dataclasses import replace
from datetime import date, time, timedelta

from sqlalchemy import select

from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.models import ClinicSession, Slot
from clinic.scheduling.rota import drafts, publishing, undoing
from clinic.scheduling.rota.diff import diff
from clinic.scheduling.rota.drafts import Template
from clinic.scheduling.rota.models import last_publication, weekly_of
from clinic.scheduling.timetable import extending
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, make_appointment
from tests.world import World

TODAY = clinic_day(NOON)  # a Monday
NEXT_MONDAY = TODAY + timedelta(days=7)
LONG_BEFORE = date(2026, 1, 5)


class Rota(World):
    """One clinician works from Monday to Wednesday, from nine to eleven, in quarters of an hour."""

    def __init__(self, **kw):
        super().__init__()
        self.rule = self.add(weekdays=(0, 1, 2), **kw)
        self.open()

    def add(self, practitioner=None, room=None, **kw):
        facts = {"weekdays": (0,), "opens": time(9), "closes": time(11), "slot_minutes": 15}
        weekly = Weekly(**facts | {"valid_from": LONG_BEFORE} | kw)
        return self.add_rule(weekly, practitioner, room)

    def open(self):
        last = TODAY + extending.HORIZON
        extending.extend([self.centre], TODAY + timedelta(days=1), last, now=NOON)
        db.session.commit()

    def template(self, practitioner=None, room=None, valid_from=NEXT_MONDAY, **kw):
        facts = {"valid_from": valid_from, "valid_until": None} | kw
        weekly = replace(weekly_of(self.rule), **facts)
        who, where = practitioner or self.practitioner, room or self.room
        return Template(who, where, (self.service,), weekly)

    def change(self, room=None, now=NOON, **kw):
        made = drafts.draft_change(
            self.rule, self.template(room=room, **kw), by=self.manager, now=now
        )
        db.session.commit()
        return made

    def draft(self, practitioner=None, room=None, **kw):
        wanted = self.template(practitioner, room, **kw)
        made = drafts.draft_add(wanted, by=self.manager, now=NOON)
        db.session.commit()
        return made

    def end(self, last_day, rule=None):
        made = drafts.draft_end(rule or self.rule, last_day, by=self.manager, now=NOON)
        db.session.commit()
        return made

    def look(self):
        shown = diff(self.centre, now=NOON)
        db.session.commit()
        return shown

    def publish(self, shown=None, by=None):
        shown = shown or self.look()
        done = publishing.publish(
            self.centre, shown.number, shown.version, by=by or self.manager, now=NOON
        )
        db.session.commit()
        assert broken_promises() == []
        return done

    def slot(self, day, opens=time(9), number=0):
        """The slot of that number of the live session on that day."""
        sessions = self.sessions(day)
        query = select(Slot).where(Slot.clinic_session_id.in_([session.id for session in sessions]))
        return db.session.scalars(query.order_by(Slot.starts_at)).all()[number]

    def sessions(self, day=None):
        query = select(ClinicSession).where(
            ClinicSession.centre_id == self.centre.id, ClinicSession.withdrawn_at.is_(None)
        )
        if day:
            query = query.where(ClinicSession.rota_day == day)
        return list(db.session.scalars(query.order_by(ClinicSession.starts_at)))

    def book(self, day, number=0, **kw):
        return make_appointment(service=self.service, slot=self.slot(day, number=number), **kw)


def undo(made, now=NOON):
    publication = last_publication(made.centre)
    done = undoing.undo(publication, by=made.manager, now=now)
    db.session.commit()
    assert broken_promises() == []
    return done


def picture(made):
    """Which sessions there are, and who sits where."""
    db.session.expire_all()
    return [
        (
            session.starts_at,
            session.ends_at,
            session.room_id,
            session.rota_rule_id,
            [(slot.starts_at, slot.capacity, slot.taken) for slot in session.slots],
        )
        for session in made.sessions()
    ]
