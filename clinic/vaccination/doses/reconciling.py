"""What of vaccination hangs on a child's record: the doses that are reserved for booked visits.

See `clinic.families.reconciling`. A dose that is not legal any more on its visit's day is released; another
of its series that is takes its place; a visit for which nothing is left is asked about. What a
change took away comes back with the next change that allows it; what ended with its visit, when
the visit is missed or done no longer. Locks: the stock, after the children.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import or_, select

from clinic import audit
from clinic.accounts.models import Person
from clinic.clock import clinic_day
from clinic.db import db
from clinic.errors import DomainError
from clinic.i18n import name_of
from clinic.reservations.models import ReleaseReason
from clinic.reservations.queries import is_to_come
from clinic.reservations.reserving import release
from clinic.scheduling.appointments import questions
from clinic.scheduling.models import Appointment, Hold, Question, Slot
from clinic.sentences import mark
from clinic.vaccination.doses.purposes import CurrentDose, Purpose, current_purposes
from clinic.vaccination.doses.records import cases_of
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.programme.child import Dose
from clinic.vaccination.programme.legal import Booked, ChildRecord
from clinic.vaccination.record.models import ChildCondition, Immunization
from clinic.vaccination.stock import refusals, reserving
from clinic.vaccination.stock.models import DoseReservation
from clinic.vaccination.stock.queries import (
    WITH_ITS_VISIT,
    lives_or_was_taken_away,
    lock_all,
    reserved_for,
)


class GivenBeforeBirth(DomainError):
    message = mark(
        "%(vaccine)s is recorded for %(day)s, before that date of birth. "
        "Please correct the booklet first, or ask the centre."
    )


class HappenedBeforeBirth(DomainError):
    message = mark("The centre recorded something for %(day)s, before that date of birth.")


def must_fit(child_id: int, birth_date: date) -> None:
    """Nothing is given before birth. Raises GivenBeforeBirth or HappenedBeforeBirth."""
    given = (
        select(Immunization)
        .where(
            Immunization.child_id == child_id,
            Immunization.voided_at.is_(None),
            Immunization.given_on < birth_date,
        )
        .order_by(Immunization.given_on)
    )
    if row := db.session.scalars(given.limit(1)).first():
        raise GivenBeforeBirth(vaccine=name_of(vaccines()[row.vaccine]), day=row.given_on)
    happened = select(ChildCondition.on).where(
        ChildCondition.child_id == child_id,
        ChildCondition.ended_at.is_(None),
        ChildCondition.on < birth_date,
    )
    if day := db.session.scalar(happened.limit(1)):
        raise HappenedBeforeBirth(day=day)


def lock(child_ids: Collection[int]) -> None:
    """The stock of all that is reserved for these children, or was."""
    lock_all(reserved_for(child_ids))


@dataclass
class _BookedVisit:
    """A visit to come, and what is reserved for it or was lost by a change."""

    row: Appointment
    reservations: list[DoseReservation] = field(default_factory=list)
    is_changed: bool = False  # something was taken away just now
    lacks: bool = False  # something is legal that the centre does not have

    @property
    def purposes(self) -> list[Purpose]:
        day = clinic_day(self.row.starts_at)
        return [_purpose(reservation, day) for reservation in self.reservations]


def _purpose(one: DoseReservation, day: date) -> Purpose:
    return Purpose(one.id, day, one.series, one.vaccine, one.dose_number, one.released_at is None)


def reconcile(child_ids: Collection[int], *, by: Person, now: datetime) -> None:
    """Every dose reserved for a visit to come, or to an open form, is one that is legal on its day."""
    visits, forms = _appointments(child_ids, now), _forms(child_ids, now)
    reservations = [
        *(p for visit in visits for p in visit.reservations),
        *(form[0] for form in forms),
    ]
    in_turn = {
        reservation.child_id: None for reservation in sorted(reservations, key=lambda each: each.id)
    }
    if not in_turn:
        return
    cases = cases_of(in_turn, today=clinic_day(now))
    found: dict[int, CurrentDose | None] = {}
    for child_id in in_turn:
        purposes = [
            each for visit in visits if visit.row.child_id == child_id for each in visit.purposes
        ]
        found |= current_purposes(replace(cases[child_id], booked=()), purposes)
    lock_all(_stocks_to_change(visits, found))
    for child_id in in_turn:  # the first reservation is made again first
        case = cases[child_id]
        theirs = [visit for visit in visits if visit.row.child_id == child_id]
        for visit in theirs:
            _follow(visit, found, by=by, now=now)
        for reservation, hold, starts_at in forms:
            if reservation.child_id == child_id:
                _follow_in_form(reservation, hold, clinic_day(starts_at), case, theirs, found)


def _stocks_to_change(
    visits: Iterable[_BookedVisit], found: Mapping[int, CurrentDose | None]
) -> set[tuple[int, str]]:
    """The stocks, each a centre and a vaccine, from which a dose is released, or reserved again."""
    stocks: set[tuple[int, str]] = set()
    for visit in visits:
        for reservation in visit.reservations:
            wanted, is_live = found[reservation.id], reservation.released_at is None
            has = reservation.vaccine if is_live else None
            wants = wanted.vaccine if wanted else None
            if has != wants:
                stocks |= {(visit.row.centre_id, vaccine) for vaccine in (has, wants) if vaccine}
    return stocks


def _appointments(child_ids: Collection[int], now: datetime) -> list[_BookedVisit]:
    query = (
        select(DoseReservation, Appointment)
        .join(Appointment, Appointment.id == DoseReservation.appointment_id)
        .where(DoseReservation.child_id.in_(child_ids), is_to_come(now))
        .where(or_(lives_or_was_taken_away(), DoseReservation.why_released.in_(WITH_ITS_VISIT)))
        .order_by(Appointment.starts_at, DoseReservation.id)
        .execution_options(populate_existing=True)
    )
    found: dict[int, _BookedVisit] = {}
    for reservation, row in db.session.execute(query):
        found.setdefault(row.id, _BookedVisit(row)).reservations.append(reservation)
    return list(found.values())


def _forms(
    child_ids: Collection[int], now: datetime
) -> Sequence[tuple[DoseReservation, Hold, datetime]]:
    query = (
        select(DoseReservation, Hold, Slot.starts_at)
        .join(Hold, Hold.id == DoseReservation.hold_id)
        .join(Slot, Slot.id == Hold.slot_id)
        .where(
            DoseReservation.child_id.in_(child_ids),
            DoseReservation.released_at.is_(None),
            Hold.booking_id.is_(None),
            Hold.expires_at > now,
        )
    )
    return [(reservation, hold, at) for reservation, hold, at in db.session.execute(query)]


def _follow(
    visit: _BookedVisit, found: dict[int, CurrentDose | None], *, by: Person, now: datetime
) -> None:
    """Release, change or reserve again; then ask if nothing is left, or ask no more."""
    for reservation in visit.reservations:
        wanted, is_live = found[reservation.id], reservation.released_at is None
        if is_live and (wanted is None or wanted.vaccine != reservation.vaccine):
            release([reservation.id], ReleaseReason.CHANGED, now=now)
            _record("release", reservation, visit.row, by, now)
            visit.is_changed = True
            is_live = False
        if not is_live and reservation.why_released is ReleaseReason.NO_SHOW:
            _come_back(visit, reservation, found, by=by, now=now)
        elif wanted is None:
            continue
        elif not is_live:
            visit.lacks |= not _reserved(visit.row, reservation.series, wanted, by=by, now=now)
        elif wanted.number != reservation.dose_number:
            reservation.dose_number = wanted.number
            _record("renumber", reservation, visit.row, by, now, number=wanted.number)
    db.session.flush()
    _ask(visit, now)


def _come_back(
    visit: _BookedVisit,
    reservation: DoseReservation,
    found: dict[int, CurrentDose | None],
    *,
    by: Person,
    now: datetime,
) -> None:
    """The visit is missed no longer: reserve the dose again, or say why it has none any more."""
    wanted = found[reservation.id]
    same = [other for other in visit.reservations if other.series == reservation.series]
    if wanted is None and any(found[other.id] for other in same):
        return  # it was missed, and taken back, before
    if wanted and _reserved(visit.row, reservation.series, wanted, by=by, now=now):
        return
    reservation.why_released = ReleaseReason.LOST if wanted else ReleaseReason.CHANGED
    visit.is_changed, visit.lacks = True, visit.lacks or wanted is not None


def _record(
    action: str,
    reservation: DoseReservation,
    appointment: Appointment,
    by: Person,
    now: datetime,
    **details: object,
) -> None:
    facts = {"vaccine": reservation.vaccine, "appointment_id": appointment.id} | details
    audit.record(action, reservation, by=by.id, now=now, centre_id=appointment.centre_id, **facts)


def _reserved(
    appointment: Appointment, series: str, wanted: CurrentDose, *, by: Person, now: datetime
) -> bool:
    """Reserve it for the visit, if the centre has it."""
    dose = reserving.DoseToReserve(wanted.vaccine, series, wanted.number)
    try:
        with db.session.begin_nested():
            reserving.reserve([dose], appointment=appointment, by=by, now=now)
    except (refusals.OutOfStock, refusals.BookedAlready):
        return False
    return True


def _ask(visit: _BookedVisit, now: datetime) -> None:
    """Ask the family if nothing is left, or ask no more. A question about the age is left alone."""
    if visit.row.question is Question.AGE:
        return
    mine = (DoseReservation.appointment_id == visit.row.id, DoseReservation.released_at.is_(None))
    if db.session.scalar(select(DoseReservation.id).where(*mine).limit(1)):
        questions.withdraw([visit.row], now=now)
    elif visit.is_changed or visit.row.question:
        question = Question.NO_DOSE if visit.lacks else Question.NOTHING_LEFT
        questions.ask([visit.row], question, now=now)


def _follow_in_form(
    reservation: DoseReservation,
    hold: Hold,
    day: date,
    case: ChildRecord,
    visits: Iterable[_BookedVisit],
    found: dict[int, CurrentDose | None],
) -> None:
    """The dose has another number by now. What is not legal any more is refused at the confirmation."""
    booked = tuple(
        Booked(reservation.series, Dose(wanted.vaccine, clinic_day(visit.row.starts_at)))
        for visit in visits
        for reservation in visit.reservations
        if visit.row.id != hold.moves_id and (wanted := found[reservation.id])
    )
    wanted = current_purposes(replace(case, booked=booked), [_purpose(reservation, day)])[
        reservation.id
    ]
    if wanted and wanted.vaccine == reservation.vaccine:
        reservation.dose_number = wanted.number
