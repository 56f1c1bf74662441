"""One day of one centre, made by the site's own verbs: who booked, and what came of it."""

from datetime import date, time, timedelta

from clinic.accounts.models import Role
from clinic.amounts import Kind
from clinic.app import ROOMS
from clinic.booking.confirming import confirm
from clinic.booking.counted_hold import hold_counted
from clinic.booking.held import get_held
from clinic.booking.reading import Choice
from clinic.booking.requirements import requirements_of
from clinic.centres.models import OpeningHours
from clinic.checkups.check import recording
from clinic.checkups.growth.measuring import Measured
from clinic.clock import at
from clinic.db import db
from clinic.questionnaires.answers import Answer
from clinic.scheduling.appointments import booking
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.kinds import Close
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment
from clinic.scheduling.search.family import facts_for
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.waitlist import joining
from clinic.vaccination.jab import (
    before,
    giving,
    observation,
    screening,
)
from clinic.vaccination.jab import (
    queries as jab_queries,
)
from clinic.vaccination.jab.rules import CHECKS
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.stock import lots
from clinic.visits import arriving, recorded
from tests.makes import (
    make_centre,
    make_child,
    make_guardianship,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_user,
)

HOURS = time(13, 30), time(16, 30)
FAMILIES = 8  # every second of them with two children, every third with two guardians
KINDS = tuple(room.kind for room in ROOMS)
SERVICES = {"checkups": "health-check", "vaccination": "vaccination"}


class Day:
    """A centre with a clinician for each kind of service, and its families, who have booked for `day`."""

    def __init__(self, day):
        self.day, self.booked_at = day, at(day - timedelta(days=2), time(12))
        self.services = {kind: make_service(kind, code=SERVICES.get(kind, kind)) for kind in KINDS}
        self.centre = make_centre()
        hours = [OpeningHours(weekday=n, opens=time(8), closes=time(17)) for n in range(7)]
        self.centre.opening_hours = hours
        self.clinician = make_user(Role.CLINICIAN, centre=self.centre, name="陈医生")
        self.reception = make_user(Role.RECEPTION, centre=self.centre, name="前台")
        self.manager = make_user(Role.MANAGER, centre=self.centre, name="主任")
        self.rooms = {}
        self.slots = {kind: self._open(kind) for kind in KINDS}
        for vaccine in vaccines():
            product = lots.product_of(vaccine, "北京生物")
            facts = (self.centre.id, product, f"{vaccine}-1", date(2027, 12, 31), 500)
            lots.receive(*facts, by=self.manager, now=self.booked_at)
        self.families = [self._family(number) for number in range(FAMILIES)]
        db.session.commit()
        self.visits = [one for family in self.families for one in self._book(*family)]

    def _open(self, kind):
        """The slots of that day in which this kind of service is given, each with two places."""
        user = self.clinician if kind == "pediatrics" else None
        practitioner = make_practitioner([self.services[kind]], user=user, centre=self.centre)
        room = self.rooms[kind] = make_room(self.centre)
        session = make_session(
            practitioner,
            room,
            [self.services[kind]],
            self.day,
            *HOURS,
            slot_minutes=30,
            capacity=2,
            by=self.manager,
        )
        return [slot.id for slot in session.slots]

    def _family(self, number):
        parent = make_user()
        children = [make_child(parent) for _ in range(1 + number % 2)]
        if number % 3 == 0:
            other = make_user()
            for child in children:
                make_guardianship(other, child)
        return parent, children

    def _book(self, parent, children):
        """Two visits for the eldest and one for the other, of all kinds in turn; the ids."""
        for child, begins in zip(children, ((0, 3), (1,)), strict=False):
            for first in begins:
                kind = KINDS[(child.id + first) % len(KINDS)]
                slot_id = self.slots[kind][first + child.id // len(KINDS) % 3]
                yield self._book_one(parent, child, kind, slot_id)

    def _book_one(self, parent, child, kind, slot_id):
        """Keep the place and confirm it, as its guardian does: the appointment's id."""
        catalogue, _, facts = facts_for(parent, [self.day], lambda _: (), now=self.booked_at)
        wish = Request(next(fact for fact in facts if fact.id == child.id), self.services[kind])
        codes = {child.id: ["MMR"]} if kind == "vaccination" else {}
        required = requirements_of([wish], codes, now=self.booked_at)
        choice = Choice([wish], [slot_id], None, codes, catalogue)
        kept = hold_counted(choice, required, any_clinician=False, by=parent, now=self.booked_at)
        made = confirm(get_held(parent, kind, kept[0].id), by=parent, now=self.booked_at)
        db.session.commit()
        return made[0]

    def wait(self):
        """Some families wait for a place; one of them does not any more."""
        service, last_day = self.services["rehab"], self.day + timedelta(days=14)
        entries = [
            joining.join(
                parent,
                children[:1],
                service,
                [self.centre],
                weekdays=range(7),
                parts=["morning"],
                first_day=self.day,
                last_day=last_day,
                now=self.booked_at,
            )
            for parent, children in self.families[:2]
        ]
        joining.leave(entries[0], by=self.families[0][0], now=self.booked_at)
        db.session.commit()

    def pass_by(self):
        """The day goes by: of ten visits one is cancelled and one missed; the last half hour falls
        out, and who had booked for it takes no other time."""
        end = at(self.day, HOURS[1])
        change = Close(
            self.centre, end - timedelta(minutes=40), end, "检修", "Repairs", self.rooms[KINDS[0]]
        )
        shown = applying.preview(change, now=self.booked_at)
        applying.apply(change, shown.version, by=self.manager, now=self.booked_at)
        db.session.commit()
        for number, visit_id in enumerate(self.visits):
            visit = db.session.get_one(Appointment, visit_id)
            if visit.displaced_at or number % 10 == 3:
                parent = visit.booking.made_by
                booking.cancel(visit, by=parent, online=True, now=self.booked_at, reason="")
            elif number % 10 == 7:
                attendance.mark_no_show(visit, by=self.reception, now=visit.ends_at, note="")
            else:
                self._come(visit)
            db.session.commit()

    def _come(self, visit):
        """The child is seen as its kind of service sees it; some have a ticket of the queue."""
        if visit.id % 3 == 0:
            arriving.check_in(visit, by=self.reception, now=visit.starts_at)
        now = visit.starts_at + timedelta(minutes=15)
        if visit.service.kind == "vaccination":
            self._vaccinate(visit, now)
        elif visit.service.kind == "checkups":
            self._check(visit, now)
        else:
            attendance.finish(visit, by=self.clinician, now=now, note="")
            recorded.gone(visit, by=self.clinician, now=now)

    def _vaccinate(self, visit, now):
        parent = visit.booking.made_by
        answers = {
            question.code: Answer("no") for question in screening.versions().current.questions
        }
        before.answer(visit, answers, ["MMR"], language="zh", by=parent, now=now)
        lines = [line for line in jab_queries.lines_of(visit, self.day) if line.is_reserved]
        decisions = [(line, True) for line in lines]
        before.decide(visit, decisions, language="zh", by=parent, now=now)
        jabs = [giving.Jab(line, "MMR-1", "left arm") for line in lines]
        giving.give(visit, jabs, CHECKS, by=self.clinician, now=now)
        observation.leave(visit, "", by=self.clinician, now=now + timedelta(minutes=31))

    def _check(self, visit, now):
        target = recording.Target(visit.child_id, visit.centre_id, "M12", self.day, visit.id)
        measured = [Measured(self.day, Kind.WEIGHT, 9200), Measured(self.day, Kind.HEAD, 456)]
        check = recording.save_check(target, 0, measured, {}, by=self.clinician, now=now)
        recording.finish_check(check, visit, by=self.clinician, now=now, note="")
