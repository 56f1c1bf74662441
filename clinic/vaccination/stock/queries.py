"""What a centre has of a vaccine, and for which days it is reserved."""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    func,
    or_,
    select,
    tuple_,
)

from clinic.clock import clinic_day
from clinic.db import db
from clinic.reservations.models import ReleaseReason
from clinic.reservations.queries import is_over, visit_starts, with_visits
from clinic.scheduling.places import writes_alone
from clinic.vaccination.stock.models import DoseReservation, Stock, VaccineLot, VaccineProduct
from clinic.vaccination.stock.rules import Doses

LEFT = VaccineLot.received - VaccineLot.used - VaccineLot.wasted
# Why a reservation is over that a later change may bring back.
TAKEN_AWAY = (ReleaseReason.CHANGED, ReleaseReason.LOST)
# Why it ended with its visit: it comes back if the visit is taken back.
WITH_ITS_VISIT = (ReleaseReason.NO_SHOW, ReleaseReason.DONE)


class Reserved(NamedTuple):
    """A live reservation, and the day of its visit."""

    id: int
    appointment_id: int | None
    day: date


def lock(centre_id: int, vaccines: Collection[str]) -> None:
    """Lock the stock of these vaccines, always in the same order. SQLite's one writer needs no such locks."""
    db.session.execute(
        select(Stock.vaccine)
        .where(Stock.centre_id == centre_id, Stock.vaccine.in_(vaccines))
        .order_by(Stock.centre_id, Stock.vaccine)
        .with_for_update()
    ).all()


def lock_all(stocks: Collection[tuple[int, str]]) -> None:
    """The same for the stocks of several centres: each a centre and a vaccine."""
    if stocks and not writes_alone():
        db.session.execute(
            select(Stock.vaccine)
            .where(tuple_(Stock.centre_id, Stock.vaccine).in_(stocks))
            .order_by(Stock.centre_id, Stock.vaccine)
            .with_for_update()
        ).all()


def reserved_for(child_ids: Collection[int]) -> set[tuple[int, str]]:
    """The stocks, each a centre and a vaccine, of what is reserved for these children, or was lost by a change."""
    theirs = select(DoseReservation.centre_id, DoseReservation.vaccine).where(
        DoseReservation.child_id.in_(child_ids), lives_or_was_taken_away()
    )
    return {(row.centre_id, row.vaccine) for row in db.session.execute(theirs)}


def lives_or_was_taken_away() -> ColumnElement[bool]:
    """A reservation that lives, or that a later change may bring back."""
    return or_(DoseReservation.released_at.is_(None), DoseReservation.why_released.in_(TAKEN_AWAY))


def reserved(
    centre_id: int, vaccine: str, *, but: int | None = None, now: datetime | None = None
) -> list[Reserved]:
    """The live reservations, in the order in which they were made; `but` is an appointment to leave out.

    With `now` also those that are over by then, and were not released yet, are left out.
    """
    query = (
        with_visits(
            select(DoseReservation.id, DoseReservation.appointment_id, visit_starts),
            DoseReservation,
        )
        .where(DoseReservation.centre_id == centre_id, DoseReservation.vaccine == vaccine)
        .order_by(DoseReservation.made_at, DoseReservation.id)
    )
    if now is not None:
        query = query.where(~is_over(now))
    rows = db.session.execute(query).all()
    return [
        Reserved(number, appointment_id, clinic_day(starts_at))
        for number, appointment_id, starts_at in rows
        if but is None or appointment_id != but
    ]


def doses_of(centre_id: int, vaccine: str) -> list[Doses]:
    """What is left of the lots that are not recalled."""
    query = (
        select(VaccineLot.expires_on, LEFT, VaccineLot.id)
        .join(VaccineProduct)
        .where(
            VaccineLot.centre_id == centre_id,
            VaccineProduct.vaccine == vaccine,
            VaccineLot.recalled_at.is_(None),
            LEFT > 0,
        )
    )
    return [Doses(*row) for row in db.session.execute(query)]


def lots_on_hand(centre_id: int, day: date) -> int:
    """How many lots of the centre have something left that can still be given on that day."""
    query = select(func.count(VaccineLot.id)).where(
        VaccineLot.centre_id == centre_id,
        VaccineLot.recalled_at.is_(None),
        VaccineLot.expires_on >= day,
        LEFT > 0,
    )
    return db.session.scalar(query) or 0


def lot_numbered(centre_id: int, vaccine: str, number: str) -> VaccineLot | None:
    """The centre's lot of the vaccine with that number; of several, a recalled one, then the oldest."""
    query = (
        select(VaccineLot)
        .join(VaccineProduct)
        .where(
            VaccineLot.centre_id == centre_id,
            func.upper(VaccineLot.number) == number.upper(),
            VaccineProduct.vaccine == vaccine,
        )
        .order_by(VaccineLot.recalled_at.is_not(None).desc(), VaccineLot.expires_on)
    )
    return db.session.scalars(query).first()


def good_lots(centre_id: int, vaccines: Collection[str], on: date) -> dict[str, list[VaccineLot]]:
    """The lots that may be taken from on that day, by vaccine, the first to expire first. One query."""
    found: dict[str, list[VaccineLot]] = {vaccine: [] for vaccine in vaccines}
    query = (
        select(VaccineLot)
        .join(VaccineProduct)
        .where(
            VaccineLot.centre_id == centre_id,
            VaccineProduct.vaccine.in_(found),
            VaccineLot.recalled_at.is_(None),
            VaccineLot.expires_on >= on,
            LEFT > 0,
        )
        .order_by(VaccineLot.expires_on, VaccineLot.id)
    )
    for lot in db.session.scalars(query):
        found[lot.product.vaccine].append(lot)
    return found
