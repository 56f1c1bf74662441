"""Lots come, spoil and are recalled. Verbs flush; the caller commits."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import Person
from clinic.clock import clinic_day
from clinic.db import db, written_out
from clinic.errors import DomainError
from clinic.families import reconciling
from clinic.plain import name_key
from clinic.reservations.models import ReleaseReason
from clinic.reservations.queries import is_to_come
from clinic.reservations.reserving import release, release_over
from clinic.scheduling import places
from clinic.scheduling.appointments import questions
from clinic.scheduling.models import Appointment, Question
from clinic.sentences import mark
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.stock import using
from clinic.vaccination.stock.models import DoseReservation, VaccineLot, VaccineProduct
from clinic.vaccination.stock.queries import Reserved, doses_of, lock, reserved
from clinic.vaccination.stock.rules import unkept


class AtLeastOne(DomainError):
    message = mark("At least one dose, please.")


class Expired(DomainError):
    message = mark("This lot has expired.")


class OtherExpiry(DomainError):
    message = mark("The centre has this lot with the expiry date %(day)s. Please check the box.")


class Recalled(DomainError):
    message = mark("This lot is recalled.")


class NotSoMany(DomainError):
    message = mark("Only %(left)s doses are left of this lot.")


def product_of(vaccine: str, manufacturer: str) -> VaccineProduct:
    """The product of that manufacturer, a new one if it is the first time. The vaccine is of the catalogue."""
    query = select(VaccineProduct).where(VaccineProduct.vaccine == vaccine)
    key = name_key(manufacturer)
    for product in db.session.scalars(query):
        if name_key(product.manufacturer) == key:
            return product
    known = vaccines()[vaccine]
    made = VaccineProduct(
        vaccine=vaccine,
        name_zh=known.name_zh,
        name_en=known.name_en,
        manufacturer=manufacturer,
        free=known.is_programme,
    )
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError:  # it was written elsewhere just now
        named = query.where(VaccineProduct.manufacturer == manufacturer)
        return db.session.scalars(named).one()
    return made


def _lot(centre_id: int, product: VaccineProduct, number: str, expires_on: date) -> VaccineLot:
    """The centre's lot of that number, or a new one without a dose."""
    query = select(VaccineLot).where(
        VaccineLot.centre_id == centre_id,
        VaccineLot.product_id == product.id,
        func.upper(VaccineLot.number) == number.upper(),
    )
    lot = db.session.scalar(query.execution_options(populate_existing=True))
    if lot is None:
        lot = VaccineLot(centre_id=centre_id, product=product, number=number)
        lot.expires_on, lot.received, lot.used, lot.wasted = expires_on, 0, 0, 0
        db.session.add(lot)
    return lot


def receive(
    centre_id: int,
    product: VaccineProduct,
    number: str,
    expires_on: date,
    doses: int,
    *,
    by: Person,
    now: datetime,
) -> VaccineLot:
    """So many doses of a lot have come; a lot that the centre knows grows.

    For visits that had lost their dose one is reserved again. Raises AtLeastOne, Expired, OtherExpiry or Recalled.
    """
    if doses < 1:
        raise AtLeastOne
    if expires_on < clinic_day(now):
        raise Expired
    without = _children_without(centre_id, product.vaccine, now=now)
    places.lock_children(without)
    lock(centre_id, [product.vaccine])
    lot = _lot(centre_id, product, number, expires_on)
    if lot.recalled_at is not None:
        raise Recalled
    if lot.expires_on != expires_on:
        raise OtherExpiry(day=lot.expires_on)
    lot.received += doses
    db.session.flush()
    audit.record("receive", lot, by=by.id, now=now, centre_id=centre_id, doses=doses)
    if without:
        reconciling.reconcile(without, by=by, now=now)
    return lot


def _children_without(centre_id: int, vaccine: str, *, now: datetime) -> list[int]:
    """The children with visits to come that lost a dose of it when a lot was recalled or spoilt."""
    query = (
        select(DoseReservation.child_id)
        .join(Appointment, Appointment.id == DoseReservation.appointment_id)
        .where(
            DoseReservation.centre_id == centre_id,
            DoseReservation.vaccine == vaccine,
            DoseReservation.why_released.in_(written_out(ReleaseReason.LOST)),
            is_to_come(now),
        )
        .distinct()
    )
    return list(db.session.scalars(query))


def waste(
    lot: VaccineLot, doses: int, reason: str, *, by: Person, now: datetime
) -> list[Appointment]:
    """So many doses of the lot are spoilt. Returns the visits that lose their dose, the newest
    reservation first.

    It has happened, so it is never refused for what is reserved. Raises AtLeastOne or NotSoMany.
    """
    if doses < 1:
        raise AtLeastOne
    lock_lot(lot)
    if doses > lot.left:
        raise NotSoMany(left=lot.left)
    affected = _release_lost(lot, lot.left - doses, now=now)
    lot.wasted = VaccineLot.wasted + doses
    _ask(affected, now=now)
    _record("waste", lot, by=by, now=now, doses=doses, reason=reason)
    return affected


def recall(lot: VaccineLot, reason: str, *, by: Person, now: datetime) -> list[Appointment]:
    """The lot must not be given any more. The visits whose dose cannot be kept, the latest made first.

    Recalling twice is recalling once.
    """
    lock_lot(lot)
    if lot.recalled_at is not None:
        return []
    affected = _release_lost(lot, 0, now=now)
    lot.recalled_at, lot.recalled_by_id, lot.recall_reason = now, by.id, reason
    _ask(affected, now=now)
    _record("recall", lot, by=by, now=now, left=lot.left, reason=reason)
    return affected


def swap(
    old: VaccineLot, new: VaccineLot, given_at: datetime, *, by: Person, now: datetime
) -> list[Appointment]:
    """Correct which lot a dose came from: the old lot gets one back, the new one has one less.

    It has happened, so it is never refused for what is reserved. Returns the visits that lose
    their dose, the newest reservation first. Raises NotThisLot, LotIsRecalled (before it was given), LotIsOver or LotIsEmpty.
    """
    centre_id, vaccine = old.centre_id, old.product.vaccine
    without = _children_without(centre_id, vaccine, now=now)
    lock_lot(old, without)
    db.session.refresh(new)
    day = clinic_day(given_at)
    using.must_be_good(new, centre_id, vaccine, day, given_at=given_at)
    old.used = VaccineLot.used - 1
    db.session.flush()
    affected = _release_lost(new, new.left - 1, now=now)
    new.used = VaccineLot.used + 1
    _ask(affected, now=now)
    _record("return", old, by=by, now=now)
    _record("use", new, by=by, now=now)
    if without:
        reconciling.reconcile(without, by=by, now=now)
    return affected


def lock_lot(lot: VaccineLot, others: Collection[int] = ()) -> None:
    """The children it is reserved for, and these others; then the stock."""
    theirs = select(DoseReservation.child_id).where(
        DoseReservation.centre_id == lot.centre_id,
        DoseReservation.vaccine == lot.product.vaccine,
        DoseReservation.released_at.is_(None),
    )
    places.lock_children({*db.session.scalars(theirs), *others})
    lock(lot.centre_id, [lot.product.vaccine])
    db.session.refresh(lot)


def _release_lost(lot: VaccineLot, left: int, *, now: datetime) -> list[Appointment]:
    """Release what cannot be kept with so many doses left of this lot. The visits, the latest made first."""
    release_over(DoseReservation, lot.centre_id, lot.product.vaccine, now=now)
    broken = broken_with(lot, left, now=now)
    release([reservation.id for reservation in broken], ReleaseReason.LOST, now=now)
    numbers = [reservation.appointment_id for reservation in broken if reservation.appointment_id]
    rows = db.session.scalars(select(Appointment).where(Appointment.id.in_(numbers)))
    found = {row.id: row for row in rows}
    return [found[number] for number in dict.fromkeys(numbers)]


def broken_with(lot: VaccineLot, left: int, *, now: datetime) -> list[Reserved]:
    """The reservations that cannot be kept with so many doses left of this lot, the latest made first."""
    centre_id, vaccine = lot.centre_id, lot.product.vaccine
    doses = [
        dose._replace(number=left) if dose.lot_id == lot.id else dose
        for dose in doses_of(centre_id, vaccine)
    ]
    kept = reserved(centre_id, vaccine, now=now)
    return unkept(doses, [(reserved, reserved.day) for reserved in kept])


def _ask(affected: Sequence[Appointment], *, now: datetime) -> None:
    """Ask about those of these visits that are left without any dose."""
    db.session.flush()
    with_some = set(
        db.session.scalars(
            select(DoseReservation.appointment_id).where(
                DoseReservation.appointment_id.in_([appointment.id for appointment in affected]),
                DoseReservation.released_at.is_(None),
            )
        )
    )
    empty = [appointment for appointment in affected if appointment.id not in with_some]
    questions.ask(empty, Question.NO_DOSE, now=now)


def _record(action: str, lot: VaccineLot, *, by: Person, now: datetime, **details: object) -> None:
    audit.record(action, lot, by=by.id, now=now, centre_id=lot.centre_id, **details)
