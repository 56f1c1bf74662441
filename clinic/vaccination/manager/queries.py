"""A centre's stock, as its managers see it. A lot is found through the user."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from clinic.accounts.models import Person
from clinic.accounts.rights import Deed, centres_for
from clinic.clock import clinic_day
from clinic.db import db, written_out
from clinic.reservations.models import ReleaseReason
from clinic.reservations.queries import is_to_come, with_visits
from clinic.scheduling.models import Appointment, Hold
from clinic.vaccination.jab.models import GivenDose
from clinic.vaccination.record.models import Immunization
from clinic.vaccination.stock.models import DoseReservation, Stock, VaccineLot, VaccineProduct
from clinic.vaccination.stock.queries import LEFT


class Lost(NamedTuple):
    """A visit to come that has lost a dose, and of which vaccine."""

    appointment: Appointment
    vaccine: str


class Had(NamedTuple):
    """A visit at which a dose of that lot was given, and of which vaccine."""

    appointment: Appointment
    vaccine: str
    lot_number: str


def get_lot(user: Person, lot_id: int) -> VaccineLot:
    """A lot at a centre that this user manages. Raises NoResultFound."""
    query = select(VaccineLot).where(
        VaccineLot.id == lot_id, VaccineLot.centre_id.in_(centres_for(user, Deed.KEEP_STOCK))
    )
    return db.session.execute(query).scalar_one()


class Shelf(NamedTuple):
    """Doses of a vaccine that may be given today or later, and how many of them are reserved for visits."""

    vaccine: str
    on_hand: int
    reserved: int


def stock_of(centre_id: int, *, now: datetime) -> list[Shelf]:
    """What the centre has of each vaccine, by its code; no expired dose is on hand. Two queries."""
    good = (
        select(VaccineProduct.vaccine, func.sum(LEFT))
        .join(VaccineProduct, VaccineProduct.id == VaccineLot.product_id)
        .where(
            VaccineLot.centre_id == centre_id,
            VaccineLot.recalled_at.is_(None),
            VaccineLot.expires_on >= clinic_day(now),
        )
        .group_by(VaccineProduct.vaccine)
    )
    kept = (
        with_visits(select(DoseReservation.vaccine, func.count()), DoseReservation)
        .where(DoseReservation.centre_id == centre_id)
        .where(or_(is_to_come(now), Hold.expires_at > now))
        .group_by(DoseReservation.vaccine)
    )
    on_hand = {vaccine: int(number) for vaccine, number in db.session.execute(good)}
    reserved = {vaccine: int(number) for vaccine, number in db.session.execute(kept)}
    known = select(Stock.vaccine).where(Stock.centre_id == centre_id).order_by(Stock.vaccine)
    return [
        Shelf(vaccine, on_hand.get(vaccine, 0), reserved.get(vaccine, 0))
        for vaccine in db.session.scalars(known)
    ]


def lots_of(centre_id: int, today: date) -> list[VaccineLot]:
    """The lots in the fridge, what expires first before the others.

    One that is used up can still be recalled until it expires.
    """
    is_left = VaccineLot.received > VaccineLot.used + VaccineLot.wasted
    was_given = and_(VaccineLot.used > 0, VaccineLot.expires_on >= today)
    query = (
        select(VaccineLot)
        .join(VaccineProduct)
        .where(VaccineLot.centre_id == centre_id, or_(is_left, was_given))
        .order_by(VaccineProduct.vaccine, VaccineLot.expires_on, VaccineLot.id)
    )
    return list(db.session.scalars(query))


def given_what_was_recalled(centre_id: int, today: date) -> list[Had]:
    """The visits at which a lot was given that is recalled by now, the latest first; until it expires."""
    query = (
        select(Appointment, Immunization.vaccine, VaccineLot.number)
        .join(Immunization, Immunization.appointment_id == Appointment.id)
        .join(GivenDose, GivenDose.immunization_id == Immunization.id)
        .join(VaccineLot, VaccineLot.id == GivenDose.lot_id)
        .where(
            VaccineLot.centre_id == centre_id,
            VaccineLot.recalled_at.is_not(None),
            VaccineLot.expires_on >= today,
            Immunization.voided_at.is_(None),
        )
        .order_by(Appointment.starts_at.desc(), Appointment.id)
        .options(joinedload(Appointment.booking))
    )
    return [Had(*row) for row in db.session.execute(query)]


def without_dose(centre_id: int, *, now: datetime) -> list[Lost]:
    """Visits to come whose dose was recalled or spoilt, and that have no other, by time."""
    other = aliased(DoseReservation)
    has_another = (
        select(other.id)
        .where(
            other.appointment_id == DoseReservation.appointment_id,
            other.vaccine == DoseReservation.vaccine,
            other.released_at.is_(None),
        )
        .exists()
    )
    query = (
        select(Appointment, DoseReservation.vaccine)
        .join(DoseReservation, DoseReservation.appointment_id == Appointment.id)
        .where(
            DoseReservation.centre_id == centre_id,
            DoseReservation.why_released.in_(written_out(ReleaseReason.LOST)),
            Appointment.centre_id == centre_id,
            Appointment.starts_at > now,
            Appointment.cancelled_at.is_(None),
            Appointment.done_at.is_(None),
            ~has_another,
        )
        .distinct()
        .order_by(Appointment.starts_at, Appointment.id)
        .options(joinedload(Appointment.booking))
    )
    return [Lost(*row) for row in db.session.execute(query)]
