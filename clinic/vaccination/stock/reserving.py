"""Reserving doses for visits, and giving them. Verbs flush; the caller commits.

Locks: rows of `stock` in the order of centre and vaccine, after slots and children.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Row, and_, func, select, update
from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import Person
from clinic.clock import clinic_day
from clinic.db import broken_promise, db
from clinic.errors import DomainError
from clinic.i18n import name_of
from clinic.scheduling.models import Appointment, Slot
from clinic.scheduling.verdict.request import Held
from clinic.sentences import mark
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.stock.models import DoseReservation, VaccineLot, Why
from clinic.vaccination.stock.queries import (
    UNSYNCHRONISED,
    doses_of,
    is_to_come,
    let_go,
    lock,
    lock_all,
    reserved,
    sweep,
)
from clinic.vaccination.stock.rules import can_keep, last_day


class OutOfStock(DomainError):
    message = mark(
        "All doses of %(vaccine)s at this centre are reserved. Please choose another centre."
    )


class ExpiresBefore(OutOfStock):
    message = mark(
        "What the centre has of %(vaccine)s expires before %(day)s. "
        "Please choose a day until %(last)s, or another centre."
    )


class BookedAlready(DomainError):
    message = mark("This dose is booked for another visit already.")


class ReservedElsewhere(DomainError):
    message = mark(
        "Doses that expire later are reserved for other visits. "
        "Please use the lot that expires first."
    )


class NotThisLot(DomainError):
    message = mark("This lot is of another vaccine, or of another centre.")


class LotIsRecalled(DomainError):
    message = mark("This lot is recalled. It must not be given.")


class LotIsOver(DomainError):
    message = mark("This lot expired on %(day)s. It must not be given.")


class LotIsEmpty(DomainError):
    message = mark("Nothing is left of this lot.")


# As PostgreSQL names the constraint, and as SQLite does.
BOOKED_ONCE = ("uq_dose_promises_booked", "dose_promises.series")


@dataclass(frozen=True)
class DoseToReserve:
    """A dose that a visit is for."""

    vaccine: str
    series: str
    number: int


def refusal(error: IntegrityError, vaccine: str) -> DomainError:
    """What the database refused, in words; anything unknown goes on as it is."""
    constraint = broken_promise(error)
    if "ck_stock_promised" in constraint:
        return OutOfStock(vaccine=name_of(vaccines()[vaccine]))
    if "ck_vaccine_lots_enough" in constraint:
        return LotIsEmpty()
    if any(name in constraint for name in BOOKED_ONCE):
        return BookedAlready()
    raise error


def reserve(
    wanted: Sequence[DoseToReserve],
    *,
    hold: Held | None = None,
    appointment: Appointment | None = None,
    by: Person,
    now: datetime,
) -> None:
    """Reserve all of these doses for the hold's or the appointment's visit, or none.

    What it has already is not reserved twice. Raises OutOfStock, ExpiresBefore or BookedAlready,
    after which the caller rolls back.
    """
    if not wanted:
        return
    owner = _owner(hold, appointment)
    centre_id, day = _visit(hold, appointment)
    child_id = (hold or appointment).child_id  # type: ignore[union-attr]
    over = _over(child_id, now)
    lock_all(
        {
            *((centre_id, dose_to_reserve.vaccine) for dose_to_reserve in wanted),
            *((row.centre_id, row.vaccine) for row in over),
        }
    )
    let_go([row.id for row in over], Why.EXPIRED, now=now)
    live = select(DoseReservation.vaccine, DoseReservation.series, DoseReservation.dose_number)
    query = live.where(_is_of(owner), DoseReservation.released_at.is_(None))
    has = {DoseToReserve(*row) for row in db.session.execute(query)}
    for dose_to_reserve in sorted(set(wanted) - has, key=lambda dose: (dose.vaccine, dose.number)):
        sweep(centre_id, dose_to_reserve.vaccine, now=now)
        _must_have(centre_id, dose_to_reserve.vaccine, day)
        facts = {"child_id": child_id, "centre_id": centre_id, "vaccine": dose_to_reserve.vaccine}
        numbers = {
            "series": dose_to_reserve.series,
            "dose_number": dose_to_reserve.number,
            "made_at": now,
        }
        row = DoseReservation(**owner, **facts, **numbers)
        db.session.add(row)
        try:
            db.session.flush()
        except IntegrityError as error:
            raise refusal(error, dose_to_reserve.vaccine) from error
        audit.record(
            "promise",
            row,
            by=by.id,
            now=now,
            centre_id=centre_id,
            vaccine=dose_to_reserve.vaccine,
            **owner,
        )


def _over(child_id: int, now: datetime) -> Sequence[Row[int, int, str]]:
    """What visits of days that are past still keep for this child: the reservation, its centre and vaccine."""
    query = (
        select(DoseReservation.id, DoseReservation.centre_id, DoseReservation.vaccine)
        .join(Appointment, Appointment.id == DoseReservation.appointment_id)
        .where(
            DoseReservation.child_id == child_id,
            DoseReservation.released_at.is_(None),
            ~is_to_come(now),
        )
    )
    return db.session.execute(query).all()


def only(
    wanted: Collection[DoseToReserve],
    *,
    hold: Held | None = None,
    appointment: Appointment | None = None,
    now: datetime,
) -> None:
    """Of what was reserved for the hold or the appointment, only these stay."""
    query = select(DoseReservation).where(
        _is_of(_owner(hold, appointment)), DoseReservation.released_at.is_(None)
    )
    rows = db.session.scalars(query).all()
    rest = [
        row for row in rows if DoseToReserve(row.vaccine, row.series, row.dose_number) not in wanted
    ]
    if rest:
        lock(rest[0].centre_id, {dose_reservation.vaccine for dose_reservation in rest})
        let_go([dose_reservation.id for dose_reservation in rest], Why.MOVED, now=now)


def _owner(hold: Held | None, appointment: Appointment | None) -> dict[str, int]:
    if hold is not None and appointment is None:
        return {"hold_id": hold.id}
    assert appointment is not None, "a reservation is a hold's or an appointment's"
    assert hold is None, "a reservation has one owner"
    return {"appointment_id": appointment.id}


def _is_of(owner: dict[str, int]) -> ColumnElement[bool]:
    return and_(*(getattr(DoseReservation, name) == value for name, value in owner.items()))


def _visit(hold: Held | None, appointment: Appointment | None) -> tuple[int, date]:
    """Where and on which day."""
    visit = appointment or db.session.get_one(Slot, hold.slot_id)  # type: ignore[union-attr]
    return visit.centre_id, clinic_day(visit.starts_at)


def _must_have(centre_id: int, vaccine: str, day: date, *, but: int | None = None) -> None:
    """Raise unless one more dose can be reserved for that day; `but` is an appointment to leave out."""
    doses = doses_of(centre_id, vaccine)
    days = [row.day for row in reserved(centre_id, vaccine, but=but)]
    if can_keep(doses, [*days, day]):
        return
    name, last = name_of(vaccines()[vaccine]), last_day(doses, days)
    if last is None:
        raise OutOfStock(vaccine=name)
    raise ExpiresBefore(vaccine=name, day=day, last=last)


def carry_over(hold: Held, appointment: Appointment, *, by: Person, now: datetime) -> None:
    """The hold's reservations become the appointment's, and replace its earlier ones of the same vaccines.

    The appointment has its new time already. Reservations that expired meanwhile, because the hold
    was over, are made again. Raises as `reserve`.
    """
    mine = DoseReservation.hold_id == hold.id
    rows = db.session.scalars(select(DoseReservation).where(mine)).all()
    if not rows:
        return
    had = _held_before(appointment, {row.vaccine for row in rows})
    lock_all({(row.centre_id, row.vaccine) for row in (*rows, *had)})
    let_go([row.id for row in had], Why.MOVED, now=now)
    try:
        db.session.execute(
            update(DoseReservation)
            .where(mine, DoseReservation.released_at.is_(None))
            .values(hold_id=None, appointment_id=appointment.id),
            execution_options=UNSYNCHRONISED,
        )
    except IntegrityError as error:
        raise refusal(error, rows[0].vaccine) from error
    doses = [
        DoseToReserve(row.vaccine, row.series, row.dose_number)
        for row in rows
        if row.why_released is not Why.MOVED  # the form was filled in anew without it
    ]
    reserve(doses, appointment=appointment, by=by, now=now)


def _held_before(appointment: Appointment, vaccines: Collection[str]) -> Sequence[DoseReservation]:
    """What is reserved of these vaccines for the appointment as it was, wherever that was."""
    query = select(DoseReservation).where(
        DoseReservation.appointment_id == appointment.id, DoseReservation.vaccine.in_(vaccines)
    )
    return db.session.scalars(query.where(DoseReservation.released_at.is_(None))).all()


def must_still_have(appointment: Appointment) -> None:
    """After a move: raise ExpiresBefore or OutOfStock if the doses cannot be kept for the new day."""
    query = select(DoseReservation.vaccine).where(
        DoseReservation.appointment_id == appointment.id, DoseReservation.released_at.is_(None)
    )
    centre_id, day = _visit(None, appointment)
    theirs = set(db.session.scalars(query))
    lock(centre_id, theirs)
    for vaccine in sorted(theirs):
        _must_have(centre_id, vaccine, day, but=appointment.id)


def use(
    appointment: Appointment, vaccine: str, lot: VaccineLot, *, by: Person, now: datetime
) -> None:
    """One dose of the lot is given at this visit; what was reserved of it is used by that.

    Raises NotThisLot, LotIsRecalled, LotIsOver, LotIsEmpty, OutOfStock, or ReservedElsewhere where
    the doses left would expire before the visits that they are reserved for.
    """
    centre_id, today = appointment.centre_id, clinic_day(now)
    lock(centre_id, [vaccine])
    db.session.refresh(lot)
    must_be_good(lot, centre_id, vaccine, today)
    sweep(centre_id, vaccine, now=now)
    mine = select(func.min(DoseReservation.id)).where(
        DoseReservation.appointment_id == appointment.id,
        DoseReservation.vaccine == vaccine,
        DoseReservation.released_at.is_(None),
    )
    if number := db.session.scalar(mine):
        let_go([number], Why.USED, now=now)
    lot.used = VaccineLot.used + 1  # counted by the database, whoever else gives one now
    try:
        db.session.flush()
    except IntegrityError as error:
        raise refusal(error, vaccine) from error
    days = [row.day for row in reserved(centre_id, vaccine)]
    if not can_keep(doses_of(centre_id, vaccine), days):
        raise ReservedElsewhere
    audit.record("use", lot, by=by.id, now=now, centre_id=centre_id, appointment_id=appointment.id)


def must_be_good(
    lot: VaccineLot, centre_id: int, vaccine: str, today: date, *, given_at: datetime | None = None
) -> None:
    """Raise NotThisLot, LotIsRecalled, LotIsOver or LotIsEmpty if it may not be given on that day.

    What was given at a moment may have been recalled since.
    """
    if lot.centre_id != centre_id or lot.product.vaccine != vaccine:
        raise NotThisLot
    if lot.recalled_at is not None and (given_at is None or lot.recalled_at <= given_at):
        raise LotIsRecalled
    if lot.expires_on < today:
        raise LotIsOver(day=lot.expires_on)
    if lot.left < 1:
        raise LotIsEmpty
