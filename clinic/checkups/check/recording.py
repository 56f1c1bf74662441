"""Checks are saved and finished, children are measured. Verbs flush; the caller commits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import Person
from clinic.checkups.growth.measuring import Measured, check_day
from clinic.checkups.models import CheckFinding, CheckVisit, EnteredBy, Measurement, ParentHeights
from clinic.clock import clinic_day
from clinic.db import broken_promise, db
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment
from clinic.sentences import mark
from clinic.visits import recorded

# As PostgreSQL names the promises, and as SQLite does.
ONE_CHECK = ("uq_check_visits_appointment_id", "check_visits.appointment_id")
SAME_DAY = ("uq_measurements_live_home", "measurements.measured_on")


E = TypeVar("E", Measurement, CheckFinding)


class SavedMeanwhile(DomainError):
    message = mark("Somebody saved this check meanwhile. Look at what changed, then save again.")


class MeasuredTwice(DomainError):
    message = mark("This is recorded for that day already.")


class NotYourCheck(DomainError):
    message = mark("The centre measured this. Please ask the centre to change it.")


@dataclass(frozen=True)
class Target:
    """Whose check it is, and which one."""

    child_id: int
    centre_id: int
    visit: str
    done_on: date
    appointment_id: int | None = None


def save_check(
    target: Target,
    version: int,
    measured: Iterable[Measured],
    found: Mapping[str, str],
    *,
    by: Person,
    now: datetime,
) -> CheckVisit:
    """Save all that a check holds by now, over the version that was seen (0: there was none).

    Raises SavedMeanwhile, and changes nothing, if it is no longer that version.
    """
    check = _begin(target, by=by, now=now) if version == 0 else _go_on(target, version, by, now)
    changed = _keep_measured(
        check, {measurement.kind.value: measurement for measurement in measured}, by, now
    )
    changed += _keep_found(check, found, by, now)
    db.session.flush()
    audit.record(
        "save_check", check, by=by.id, now=now, centre_id=check.centre_id, changed=sorted(changed)
    )
    db.session.flush()
    return check


def _begin(target: Target, *, by: Person, now: datetime) -> CheckVisit:
    check = CheckVisit(
        child_id=target.child_id,
        centre_id=target.centre_id,
        appointment_id=target.appointment_id,
        visit=target.visit,
        done_on=target.done_on,
        version=1,
        saved_at=now,
        saved_by_id=by.id,
    )
    db.session.add(check)
    try:
        db.session.flush()
    except IntegrityError as error:
        if any(one in broken_promise(error) for one in ONE_CHECK):
            raise SavedMeanwhile from error
        raise
    return check


def _go_on(target: Target, version: int, by: Person, now: datetime) -> CheckVisit:
    """The check under its next version; the database decides who of two comes first."""
    mine = (CheckVisit.appointment_id == target.appointment_id, CheckVisit.version == version)
    taken = db.session.execute(
        update(CheckVisit)
        .where(*mine, CheckVisit.child_id == target.child_id)
        .values(version=version + 1, saved_at=now, saved_by_id=by.id)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise SavedMeanwhile
    return db.session.execute(
        select(CheckVisit)
        .where(CheckVisit.appointment_id == target.appointment_id)
        .execution_options(populate_existing=True)
    ).scalar_one()


def _keep_measured(
    check: CheckVisit, measured: Mapping[str, Measured], by: Person, now: datetime
) -> list[str]:
    rows = select(Measurement).where(
        Measurement.check_visit_id == check.id, Measurement.voided_at.is_(None)
    )
    old = {row.kind.value: row for row in db.session.scalars(rows)}
    new = {
        kind: Measurement(
            check_visit_id=check.id,
            measured_on=check.done_on,
            kind=one.kind,
            amount=one.amount,
            how=one.how,
            **_entered(check.child_id, EnteredBy.CLINIC, by, now),
        )
        for kind, one in measured.items()
    }
    return _keep(old, new, by, now)


def _keep_found(
    check: CheckVisit, found: Mapping[str, str], by: Person, now: datetime
) -> list[str]:
    rows = select(CheckFinding).where(
        CheckFinding.check_visit_id == check.id, CheckFinding.voided_at.is_(None)
    )
    old = {row.code: row for row in db.session.scalars(rows)}
    new = {
        code: CheckFinding(
            check_visit_id=check.id,
            visit=check.visit,
            code=code,
            value=value,
            **_entered(check.child_id, EnteredBy.CLINIC, by, now),
        )
        for code, value in found.items()
        if value
    }
    return _keep(old, new, by, now)


def _entered(child_id: int, source: EnteredBy, by: Person, now: datetime) -> dict[str, object]:
    """What every entry says of where it comes from."""
    return {"child_id": child_id, "source": source, "entered_at": now, "entered_by_id": by.id}


def _keep(old: Mapping[str, E], new: Mapping[str, E], by: Person, now: datetime) -> list[str]:
    """The new rows instead of the old ones, which are voided, never changed. What is different now."""
    same = {key for key in old.keys() & new.keys() if old[key].says == new[key].says}
    _void([row for key, row in old.items() if key not in same], by, now)
    db.session.add_all(row for key, row in new.items() if key not in same)
    return [key for key in {*old, *new} if key not in same]


def _void(rows: Iterable[Measurement | CheckFinding], by: Person, now: datetime) -> None:
    """They no longer count; flushed, so that what replaces them has the place."""
    for row in rows:
        row.voided_at, row.voided_by_id = now, by.id
    db.session.flush()


def finish_check(
    check: CheckVisit, appointment: Appointment, *, by: Person, now: datetime, note: str
) -> None:
    """The check is complete and its appointment done; once more is no more. See attendance.finish."""
    if check.finished_at is None:
        check.finished_at, check.finished_by_id = now, by.id
    attendance.finish(appointment, by=by, now=now, note=note)
    recorded.seen(appointment, by=by, now=now)
    db.session.flush()
    audit.record("finish_check", check, by=by.id, now=now, centre_id=check.centre_id)
    db.session.flush()


def measure_at_home(
    child: Child, measured: Iterable[Measured], *, by: Person, now: datetime
) -> list[Measurement]:
    """A parent's own measurements, all or none. BeforeBirth, NotYetMeasured, MeasuredTwice."""
    rows = []
    for one in measured:
        check_day(one.on, child.birth_date, clinic_day(now))
        facts = _entered(child.id, EnteredBy.PARENT, by, now)
        row = Measurement(
            measured_on=one.on, kind=one.kind, amount=one.amount, how=one.how, **facts
        )
        rows.append(row)
    db.session.add_all(rows)
    try:
        db.session.flush()
    except IntegrityError as error:
        if any(one in broken_promise(error) for one in SAME_DAY):
            raise MeasuredTwice from error
        raise
    for row in rows:
        audit.record("measure_at_home", row, by=by.id, now=now)
    db.session.flush()
    return rows


def take_back(row: Measurement, *, by: Person, now: datetime) -> None:
    """A family takes back what it entered by mistake; the row stays. NotYours for the clinic's."""
    if row.source is not EnteredBy.PARENT:
        raise NotYourCheck
    _void([row], by, now)
    audit.record("take_back_measurement", row, by=by.id, now=now)
    db.session.flush()


def set_parent_heights(
    child: Child, mother_mm: int, father_mm: int, *, by: Person, now: datetime
) -> ParentHeights:
    """Both parents' heights, in millimetres."""
    db.session.execute(select(Child.id).where(Child.id == child.id).with_for_update(key_share=True))
    row = db.session.get(ParentHeights, child.id, populate_existing=True)
    if row is None:
        row = ParentHeights(child_id=child.id)
        db.session.add(row)
    row.mother_mm, row.father_mm = mother_mm, father_mm
    row.saved_at, row.saved_by_id = now, by.id
    db.session.flush()
    audit.record("set_parent_heights", child, by=by.id, now=now)
    db.session.flush()
    return row
