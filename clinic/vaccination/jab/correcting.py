"""The record of a dose given here is corrected; it stays the same dose. The verb flushes.

Another vaccine or day is another dose: there the record is taken back (`recording.void`). Locks: the
record, then the children that it is reserved for, then its stock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import Membership, Person, User
from clinic.accounts.rights import Deed, duties_of
from clinic.db import broken_promise, db
from clinic.errors import DomainError
from clinic.sentences import mark
from clinic.vaccination.jab.giving import WrongSite
from clinic.vaccination.jab.models import GivenDose
from clinic.vaccination.jab.rules import sites_for
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import Correction, Immunization
from clinic.vaccination.stock import lots, refusals
from clinic.vaccination.stock.models import VaccineLot
from clinic.vaccination.stock.queries import lot_numbered

# As PostgreSQL names the constraint, and as SQLite does.
ONCE = ("uq_immunization_corrections_number", "immunization_corrections.number")


class NothingDiffers(DomainError):
    message = mark("This is what the record says already.")


class NotOfThisCentre(DomainError):
    message = mark("Choose a person of this centre.")


@dataclass(frozen=True)
class Facts:
    """What the record of a dose says that can be wrong although it is this dose."""

    lot_number: str
    site: str
    performed_by_id: int


def get_given(given_id: int) -> tuple[GivenDose, Immunization]:
    """A dose that was given at a centre, and its record. Raises NoResultFound."""
    query = (
        select(GivenDose, Immunization)
        .join(Immunization, Immunization.id == GivenDose.immunization_id)
        .where(GivenDose.id == given_id)
    )
    given, row = db.session.execute(query).one()
    return given, row


def givers(row: Immunization) -> Mapping[int, str]:
    """Who may have given it: who vaccinates at the centre, and who is on record. Names by id."""
    here = select(Membership.user_id).where(
        Membership.centre_id == row.centre_id,
        Membership.profession.in_(duties_of(Deed.IMMUNIZE)),
    )
    query = select(User.id, User.name).where(User.id.in_(here) | (User.id == row.performed_by_id))
    return dict(db.session.execute(query.order_by(User.id)).all())


def correct(
    given_id: int, facts: Facts, reason: str, *, seen: int, by: Person, now: datetime
) -> None:
    """The record says these facts from now on; what it said before is kept, with the reason.

    `seen` is how many corrections the person saw. The same form sent twice is saved once. Raises
    ChangedMeanwhile, NothingDiffers, WrongSite, NotOfThisCentre, and of the lot what `swap` raises.
    """
    given, row = get_given(given_id)
    before = recording.lock_to_change(row)
    db.session.refresh(given)
    new = {name: value for name, value in vars(facts).items() if getattr(row, name) != value}
    if not new and before and (before[-1].by_id, before[-1].reason) == (by.id, reason):
        return
    recording.must_be_as_shown(row, before, seen)
    if not new:
        raise NothingDiffers
    if facts.site not in sites_for(row.route):
        raise WrongSite
    if facts.performed_by_id not in givers(row):
        raise NotOfThisCentre
    if "lot_number" in new:
        new |= _swap_lots(given, row, facts.lot_number, by=by, now=now)
    old = {name: getattr(row, name) for name in new}
    for name, value in new.items():
        setattr(row, name, value)
    _keep(row, Correction(number=len(before) + 1, was=old, reason=reason, at=now, by_id=by.id))
    audit.record("corrected", row, by=by.id, now=now, centre_id=row.centre_id, old=old, new=new)


def _swap_lots(
    given: GivenDose, row: Immunization, number: str, *, by: Person, now: datetime
) -> dict[str, object]:
    """The dose comes out of the lot of that number. What the record says of the lot."""
    assert row.centre_id
    assert row.given_at
    lot = lot_numbered(row.centre_id, row.vaccine, number)
    if lot is None or lot.id == given.lot_id:
        raise refusals.NotThisLot if lot is None else NothingDiffers
    old = db.session.get_one(VaccineLot, given.lot_id)
    lots.swap(old, lot, row.given_at, by=by, now=now)
    given.lot_id = lot.id
    return {"lot_number": lot.number, "manufacturer": lot.product.manufacturer}


def _keep(row: Immunization, correction: Correction) -> None:
    """Of two corrections at one moment the database takes one."""
    correction.immunization_id = row.id
    db.session.add(correction)
    try:
        db.session.flush()
    except IntegrityError as error:
        if any(name in broken_promise(error) for name in ONCE):
            raise recording.ChangedMeanwhile from error
        raise
