"""Who may see and do what: one table, which decorators, loaders, a page and docs/rights.md read.

A duty is what somebody is at a centre: a clinician's profession, else the role. What the table does
not give is refused. The sources that we have do not say which profession may see what: each row
gives the least with which that work can be done, and is UNVERIFIED until a centre has signed it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from clinic.accounts.models import Held, Person, Profession, Role
from clinic.sentences import mark

Duty = Role | Profession
UNVERIFIED = "unverified"


class Deed(StrEnum):
    """What is done, to what."""

    SEE_BOOKINGS = "bookings.see"
    CHANGE_BOOKINGS = "bookings.change"
    SEE_CONTACTS = "contacts.see"
    CHECK_IN = "arrivals.check-in"
    SERVE_QUEUE = "queue.serve"
    SEE_CALENDAR = "calendar.see"
    SEE_CASES = "cases.see"
    WRITE_NOTES = "cases.write"
    READ_ALL_NOTES = "notes.read"
    MOVE_BOOKINGS = "bookings.move"
    ASK_LEAVE = "leave.ask"
    SEE_LEAVE = "leave.see"
    READ_RECORD = "record.read"
    WRITE_CONDITIONS = "conditions.write"
    IMMUNIZE = "immunizations.write"
    CORRECT_IMMUNIZATIONS = "immunizations.correct"
    WATCH = "observation.watch"
    REPORT_REACTIONS = "reactions.report"
    CHECK_CERTIFICATES = "certificates.check"
    READ_CHECKS = "checks.read"
    WRITE_CHECKS = "checks.write"
    KEEP_STOCK = "stock.keep"
    PLAN_HOURS = "hours.plan"
    SEE_NUMBERS = "numbers.see"
    SET_UP = "centre.set-up"
    MANAGE_PEOPLE = "people.manage"
    SEE_OPENINGS = "openings.see"


class Needs(StrEnum):
    """How near a visit must be for it (`need_to_know.rules`)."""

    NOTHING = "nothing"
    BOOKING = "booking"  # a visit that is to come, whenever, or was lately
    RECORD = "record"  # a visit today, soon or lately, or one's own case


@dataclass(frozen=True)
class Right:
    """One row. `all` may do it with all children of the centre, `own` with those whom they see."""

    thing: str
    words: str
    all: frozenset[Duty] = frozenset()
    own: frozenset[Duty] = frozenset()
    needs: Needs = Needs.NOTHING
    source: str = UNVERIFIED

    @property
    def duties(self) -> frozenset[Duty]:
        """Who may do it at all."""
        return self.all | self.own


def _duties(*duties: Duty) -> frozenset[Duty]:
    return frozenset(duties)


THERAPISTS = frozenset(
    {
        Profession.PHYSICAL_THERAPIST,
        Profession.OCCUPATIONAL_THERAPIST,
        Profession.SPEECH_THERAPIST,
        Profession.SENSORY_THERAPIST,
    }
)
CLINICIANS: frozenset[Duty] = frozenset(Profession)
DESK, MANAGER, ADMIN = Role.RECEPTION, Role.MANAGER, Role.ADMIN
DOCTOR, VACCINATOR, NURSE = Profession.DOCTOR, Profession.VACCINATOR, Profession.NURSE
# In the order in which pages show them.
DUTIES: tuple[Duty, ...] = (DESK, *Profession, MANAGER, ADMIN)

TABLE: Mapping[Deed, Right] = {
    Deed.SEE_BOOKINGS: Right(
        mark("Bookings"),
        mark("see a visit with its child and history"),
        all=_duties(DESK, MANAGER),
        needs=Needs.BOOKING,
    ),
    Deed.CHANGE_BOOKINGS: Right(
        mark("Bookings"),
        mark("book, move and cancel for families"),
        all=_duties(DESK),
        needs=Needs.BOOKING,
    ),
    Deed.MOVE_BOOKINGS: Right(
        mark("Bookings"),
        mark("move in the calendar"),
        all=_duties(MANAGER),
        own=CLINICIANS,
        needs=Needs.BOOKING,
    ),
    Deed.SEE_CONTACTS: Right(
        mark("Phone numbers"),
        mark("see in full, to call"),
        all=_duties(DESK, MANAGER),
        needs=Needs.BOOKING,
    ),
    Deed.CHECK_IN: Right(
        mark("Arrivals"),
        mark("check in, and end the day"),
        all=_duties(DESK),
        needs=Needs.BOOKING,
    ),
    Deed.SERVE_QUEUE: Right(mark("Queue"), mark("see and serve"), all=CLINICIANS | _duties(DESK)),
    Deed.SEE_CALENDAR: Right(
        mark("Calendar"), mark("see days and weeks"), all=_duties(MANAGER), own=CLINICIANS
    ),
    Deed.ASK_LEAVE: Right(mark("Leave"), mark("ask for one's own"), own=CLINICIANS),
    Deed.SEE_LEAVE: Right(
        mark("Leave"), mark("see, and note who is sick today"), all=_duties(DESK, MANAGER)
    ),
    Deed.SEE_CASES: Right(
        mark("Visits"),
        mark("see the child, and what is due"),
        own=CLINICIANS,
        needs=Needs.RECORD,
    ),
    Deed.WRITE_NOTES: Right(
        mark("Visits"),
        mark("write the note and the outcome, of one's own services"),
        own=CLINICIANS,
        needs=Needs.RECORD,
    ),
    Deed.READ_ALL_NOTES: Right(
        mark("Visits"), mark("read notes of other services"), own=_duties(DOCTOR)
    ),
    Deed.READ_RECORD: Right(
        mark("Vaccination record"),
        mark("read it, and what is true of the child"),
        all=_duties(DOCTOR, VACCINATOR, NURSE),
        needs=Needs.RECORD,
    ),
    Deed.WRITE_CONDITIONS: Right(
        mark("Vaccination record"),
        mark("enter and end conditions"),
        all=_duties(DOCTOR, VACCINATOR),
        needs=Needs.RECORD,
    ),
    Deed.IMMUNIZE: Right(
        mark("Vaccination record"),
        mark("ask beforehand, vaccinate, confirm and import doses"),
        all=_duties(VACCINATOR),
        needs=Needs.RECORD,
    ),
    Deed.CORRECT_IMMUNIZATIONS: Right(
        mark("Vaccination record"),
        mark("correct a dose, or declare it void"),
        all=_duties(VACCINATOR),
        needs=Needs.RECORD,
    ),
    Deed.CHECK_CERTIFICATES: Right(
        mark("Vaccination record"),
        mark("check a certificate that is shown"),
        all=_duties(DESK, DOCTOR, VACCINATOR, NURSE),
    ),
    Deed.WATCH: Right(
        mark("After vaccination"),
        mark("watch the children, and let them go"),
        all=_duties(DESK, DOCTOR, VACCINATOR, NURSE),
    ),
    Deed.REPORT_REACTIONS: Right(
        mark("After vaccination"),
        mark("report a reaction"),
        all=_duties(DOCTOR, VACCINATOR, NURSE),
        needs=Needs.RECORD,
    ),
    Deed.READ_CHECKS: Right(
        mark("Health checks"),
        mark("read reports and growth"),
        all=_duties(DOCTOR, NURSE),
        needs=Needs.RECORD,
    ),
    Deed.WRITE_CHECKS: Right(
        mark("Health checks"),
        mark("write checks and spine screenings"),
        all=_duties(DOCTOR, NURSE),
        needs=Needs.RECORD,
    ),
    Deed.KEEP_STOCK: Right(mark("Vaccines on hand"), mark("see and change"), all=_duties(MANAGER)),
    Deed.PLAN_HOURS: Right(
        mark("Sessions"), mark("rota, leave and closures"), all=_duties(MANAGER)
    ),
    Deed.SEE_NUMBERS: Right(mark("Numbers"), mark("see those of the centre"), all=_duties(MANAGER)),
    Deed.SET_UP: Right(mark("Set-up"), mark("change the centre"), all=_duties(MANAGER, ADMIN)),
    Deed.MANAGE_PEOPLE: Right(
        mark("People"), mark("invite, change and end"), all=_duties(MANAGER, ADMIN)
    ),
    Deed.SEE_OPENINGS: Right(
        mark("Trail"), mark("see who opened a closed record, and why"), all=_duties(MANAGER)
    ),
}


def duty_of(held: Held) -> Duty:
    """What somebody is there: a clinician's profession, else the role."""
    return held.profession or held.role


def role_of(duty: Duty) -> Role:
    """The role that goes with it."""
    return Role.CLINICIAN if isinstance(duty, Profession) else duty


def duties_of(*who: Role | Deed) -> frozenset[Duty]:
    """The duties that these roles are, or that these deeds are open to."""
    found: set[Duty] = set()
    for role_or_deed in who:
        if isinstance(role_or_deed, Deed):
            found |= TABLE[role_or_deed].duties
        else:
            found |= CLINICIANS if role_or_deed is Role.CLINICIAN else {role_or_deed}
    return frozenset(found)


def is_any(user: Person, duties: Collection[Duty]) -> bool:
    """Whether the user is one of these, anywhere."""
    return any(duty_of(held) in duties for held in user.held)


def held_by(user: Person) -> str:
    """All that the user is, in one word: pages that are made once are made for those who are the same."""
    return " ".join(
        sorted({held.role for held in user.held} | {duty_of(held) for held in user.held})
    )


def centres_for(user: Person, *deeds: Deed) -> frozenset[int]:
    """The centres where the user may do one of these deeds."""
    duties = duties_of(*deeds)
    return frozenset(
        held.centre_id
        for held in user.held
        if held.centre_id is not None and duty_of(held) in duties
    )


def may(user: Person, deed: Deed, centre_id: int) -> bool:
    """Whether the user may do that at the centre; with a child that they see, where it is `own`."""
    return centre_id in centres_for(user, deed)


def profession_at(user: Person, centre_id: int) -> Profession | None:
    """What the user is at that centre as a clinician, if at all."""
    return next(
        (held.profession for held in user.held if held.centre_id == centre_id and held.profession),
        None,
    )
