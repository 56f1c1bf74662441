"""Reserving doses for visits. Verbs flush; the caller commits.

Locks: rows of `stock` in the order of centre and vaccine, after slots and children.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Row, select
from sqlalchemy.exc import IntegrityError

from clinic.accounts.models import Person
from clinic.db import db
from clinic.i18n import name_of
from clinic.reservations.models import ReleaseReason
from clinic.reservations.queries import is_to_come
from clinic.reservations.reserving import (
    hand_over,
    is_live_of,
    owner_of,
    release,
    release_over,
    visit_of,
)
from clinic.reservations.reserving import reserve as reserve_one
from clinic.scheduling.models import Appointment
from clinic.scheduling.verdict.request import Held
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.stock.models import DoseReservation
from clinic.vaccination.stock.queries import doses_of, lock, lock_all, reserved
from clinic.vaccination.stock.refusals import ExpiresBefore, OutOfStock, refusal
from clinic.vaccination.stock.rules import can_keep, last_day


@dataclass(frozen=True)
class DoseToReserve:
    """A dose that a visit is for."""

    vaccine: str
    series: str
    number: int


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
    owner = owner_of(hold, appointment)
    centre_id, day = visit_of(hold, appointment)
    child_id = (hold or appointment).child_id  # type: ignore[union-attr]
    over = _over(child_id, now)
    lock_all({*((centre_id, dose.vaccine) for dose in wanted), *((row[1], row[2]) for row in over)})
    release([row.id for row in over], ReleaseReason.EXPIRED, now=now)
    live = select(DoseReservation.vaccine, DoseReservation.series, DoseReservation.dose_number)
    query = live.where(is_live_of(DoseReservation, owner))
    has = {DoseToReserve(*row) for row in db.session.execute(query)}
    for dose in sorted(set(wanted) - has, key=lambda dose: (dose.vaccine, dose.number)):
        release_over(DoseReservation, centre_id, dose.vaccine, now=now)
        _must_have(centre_id, dose.vaccine, day)
        reservation = DoseReservation(
            **owner,
            child_id=child_id,
            centre_id=centre_id,
            vaccine=dose.vaccine,
            series=dose.series,
            dose_number=dose.number,
        )
        try:
            reserve_one(reservation, by=by, now=now, vaccine=dose.vaccine)
        except IntegrityError as error:
            raise refusal(error, dose.vaccine) from error


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


def release_others(
    wanted: Collection[DoseToReserve],
    *,
    hold: Held | None = None,
    appointment: Appointment | None = None,
    now: datetime,
) -> None:
    """Release what is reserved for the hold or the appointment, but for these doses."""
    query = select(DoseReservation).where(is_live_of(DoseReservation, owner_of(hold, appointment)))
    others = [
        row
        for row in db.session.scalars(query)
        if DoseToReserve(row.vaccine, row.series, row.dose_number) not in wanted
    ]
    if others:
        lock(others[0].centre_id, {row.vaccine for row in others})
        release([row.id for row in others], ReleaseReason.MOVED, now=now)


def leave(appointment: Appointment, centre_id: int, *, now: datetime) -> None:
    """Release what is reserved for an appointment that is about to move to that centre.

    It is reserved there afterwards, or was with its hold: counted for both, the centre's last dose
    would be counted twice.
    """
    query = select(DoseReservation).where(is_live_of(DoseReservation, owner_of(None, appointment)))
    rows = db.session.scalars(query).all()
    lock_all({(place, row.vaccine) for row in rows for place in (row.centre_id, centre_id)})
    release([row.id for row in rows], ReleaseReason.MOVED, now=now)


def carry_over(hold: Held, appointment: Appointment, *, by: Person, now: datetime) -> None:
    """The hold's reservations become the appointment's, and replace its earlier ones of the same series.

    The appointment has its new time already. Reservations that expired meanwhile, because the hold
    was over, are made again. Raises as `reserve`.
    """
    query = select(DoseReservation).where(DoseReservation.hold_id == hold.id)
    rows = db.session.scalars(query).all()
    if not rows:
        return
    had = _had(appointment, {row.series for row in rows})
    lock_all({(row.centre_id, row.vaccine) for row in (*rows, *had)})
    release([row.id for row in had], ReleaseReason.MOVED, now=now)
    try:
        hand_over(DoseReservation, hold, appointment)
    except IntegrityError as error:
        raise refusal(error, rows[0].vaccine) from error
    doses = [
        DoseToReserve(row.vaccine, row.series, row.dose_number)
        for row in rows
        if row.why_released is not ReleaseReason.MOVED  # the form was filled in anew without it
    ]
    reserve(doses, appointment=appointment, by=by, now=now)


def _had(appointment: Appointment, series: Collection[str]) -> Sequence[DoseReservation]:
    """What is reserved of these series for the appointment as it was, wherever that was.

    At its new age another vaccine of a series may be due (MPSV-A, later MPSV-AC).
    """
    mine = is_live_of(DoseReservation, owner_of(None, appointment))
    return db.session.scalars(
        select(DoseReservation).where(mine, DoseReservation.series.in_(series))
    ).all()


def must_still_have(appointment: Appointment) -> None:
    """After a move: raise ExpiresBefore or OutOfStock if the doses cannot be kept for the new day."""
    mine = is_live_of(DoseReservation, owner_of(None, appointment))
    centre_id, day = visit_of(None, appointment)
    theirs = set(db.session.scalars(select(DoseReservation.vaccine).where(mine)))
    lock(centre_id, theirs)
    for vaccine in sorted(theirs):
        _must_have(centre_id, vaccine, day, but=appointment.id)


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
