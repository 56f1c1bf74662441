"""Giving a dose of a lot: what was reserved of it is used by that. The verb flushes; the caller commits."""

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import Person
from clinic.clock import clinic_day
from clinic.db import db
from clinic.reservations.models import ReleaseReason
from clinic.reservations.reserving import is_live_of, owner_of, release, release_over
from clinic.scheduling.models import Appointment
from clinic.vaccination.stock.models import DoseReservation, VaccineLot
from clinic.vaccination.stock.queries import doses_of, lock, reserved
from clinic.vaccination.stock.refusals import (
    LotIsEmpty,
    LotIsOver,
    LotIsRecalled,
    NotThisLot,
    ReservedElsewhere,
    refusal,
)
from clinic.vaccination.stock.rules import can_keep


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
    release_over(DoseReservation, centre_id, vaccine, now=now)
    mine = select(func.min(DoseReservation.id)).where(
        is_live_of(DoseReservation, owner_of(None, appointment)), DoseReservation.vaccine == vaccine
    )
    if number := db.session.scalar(mine):
        release([number], ReleaseReason.USED, now=now)
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
