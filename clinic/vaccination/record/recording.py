"""What a child was given is recorded, verified, voided. Verbs flush; the caller commits."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import Person
from clinic.clock import clinic_day
from clinic.db import broken_promise, db, lock_row
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.families.reconciling import reconciled
from clinic.sentences import mark
from clinic.vaccination.programme.child import Dose
from clinic.vaccination.record.models import Correction, Immunization, Source
from clinic.vaccination.record.rules import Entry, GivenTwice, check


class DoseRecorded(DomainError):
    message = mark("This dose is recorded already.")


class NotYourEntry(DomainError):
    message = mark("The centre entered or checked this. Please ask the centre to change it.")


class ChangedMeanwhile(DomainError):
    message = mark("Somebody changed this record just now. Please look at it again.")


# As PostgreSQL names the constraint, and as SQLite does.
SAME_DAY = ("uq_immunizations_live_day", "immunizations.given_on")


def histories_of(child_ids: Collection[int]) -> dict[int, list[Immunization]]:
    """What counts for each of these children, oldest first."""
    found: dict[int, list[Immunization]] = {child_id: [] for child_id in child_ids}
    rows = (
        select(Immunization)
        .where(Immunization.child_id.in_(child_ids), Immunization.voided_at.is_(None))
        .order_by(Immunization.given_on, Immunization.id)
    )
    for row in db.session.scalars(rows):
        found[row.child_id].append(row)
    return found


def doses_of(child_ids: Collection[int]) -> dict[int, tuple[Dose, ...]]:
    """What each of these children was given and counts, as the engine needs it. One query."""
    found: dict[int, list[Dose]] = {child_id: [] for child_id in child_ids}
    live = (
        select(Immunization.child_id, Immunization.vaccine, Immunization.given_on)
        .where(Immunization.child_id.in_(found), Immunization.voided_at.is_(None))
        .order_by(Immunization.given_on, Immunization.id)
    )
    for child_id, vaccine, given_on in db.session.execute(live):
        found[child_id].append(Dose(vaccine, given_on))
    return {one: tuple(doses) for one, doses in found.items()}


def history_of(child_id: int) -> list[Immunization]:
    """What counts for this child, oldest first."""
    return histories_of([child_id])[child_id]


def record(
    child: Child, entries: Iterable[Entry], *, by: Person, source: Source, now: datetime
) -> list[Immunization]:
    """Record all of these or, if one is refused, none; what hangs on the record is looked at again."""
    with reconciled([child.id], by=by, now=now):
        return add(child, entries, by=by, source=source, now=now)


def add(
    child: Child, entries: Iterable[Entry], *, by: Person, source: Source, now: datetime
) -> list[Immunization]:
    """The same, within something larger that looks again at its end."""
    entries = list(entries)
    db.session.refresh(child, ["birth_date"])
    seen = {(row.vaccine, row.given_on) for row in history_of(child.id)}
    for entry in entries:
        check(entry, child.birth_date, clinic_day(now))
        if (entry.vaccine, entry.given_on) in seen:
            raise GivenTwice
        seen.add((entry.vaccine, entry.given_on))
    rows = [
        Immunization(
            child_id=child.id,
            vaccine=entry.vaccine,
            dose_number=entry.dose_number,
            given_on=entry.given_on,
            source=source,
            entered_at=now,
            entered_by_id=by.id,
        )
        for entry in entries
    ]
    db.session.add_all(rows)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise refusal(error) from error
    for row in rows:
        audit.record("recorded", row, by=by.id, now=now, source=source.value)
    return rows


def refusal(error: IntegrityError) -> DomainError:
    """The refusal for a dose that another transaction recorded first; another error stays as it is."""
    if any(one in broken_promise(error) for one in SAME_DAY):
        return GivenTwice()
    raise error


def verify(row: Immunization, *, by: Person, now: datetime) -> None:
    """Somebody of the staff has seen the proof of it."""
    row.verified_at, row.verified_by_id = now, by.id
    db.session.flush()
    audit.record("verified", row, by=by.id, now=now)


def void(row: Immunization, *, by: Person, reason: str, now: datetime) -> None:
    """It no longer counts; the row stays. What hangs on the record is looked at again."""
    with reconciled([row.child_id], by=by, now=now):
        row.voided_at, row.voided_by_id, row.void_reason = now, by.id, reason
        db.session.flush()
        audit.record("voided", row, by=by.id, now=now)


def withdraw(row: Immunization, *, by: Person, now: datetime) -> None:
    """A family takes back what it entered by mistake. NotYours once the centre entered or verified it."""
    if row.source != Source.BOOKLET or row.verified_at:
        raise NotYourEntry
    void(row, by=by, reason="entered by mistake", now=now)


def corrections_of(immunization_ids: Collection[int]) -> dict[int, list[Correction]]:
    """The corrections of each of these records, the first one first. One query."""
    found: dict[int, list[Correction]] = {number: [] for number in immunization_ids}
    query = select(Correction).where(Correction.immunization_id.in_(found))
    for correction in db.session.scalars(query.order_by(Correction.number)):
        found[correction.immunization_id].append(correction)
    return found


def lock_to_change(row: Immunization) -> list[Correction]:
    """Lock the record and read it again; its corrections so far."""
    lock_row(row)
    return corrections_of([row.id])[row.id]


def must_be_as_shown(row: Immunization, corrections: Sequence[Correction], seen: int) -> None:
    """Raise ChangedMeanwhile if it was taken back, or corrected more often than the person saw."""
    if row.voided_at is not None or len(corrections) != seen:
        raise ChangedMeanwhile


def get_row(child: Child, row_id: int) -> Immunization:
    """A record of this child, voided or not, locked for a change. Raises NoResultFound."""
    query = select(Immunization).where(Immunization.id == row_id, Immunization.child_id == child.id)
    locked = query.with_for_update().execution_options(populate_existing=True)
    return db.session.execute(locked).scalar_one()
