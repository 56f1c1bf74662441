"""The children of the three neighbourhoods whose paper records were taken over: for the city's shares.

Nobody signs in for them and they have no appointments; a year of checks and measurements each.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy import insert, select

from clinic.accounts.models import User
from clinic.ages import add_months
from clinic.amounts import How, Kind
from clinic.centres.models import Centre
from clinic.checkups.due.next_check import window
from clinic.checkups.due.schedule import check_ages
from clinic.checkups.growth.between import STANDING_FROM_MONTHS
from clinic.checkups.growth.china import data
from clinic.checkups.growth.lines import value_of
from clinic.checkups.growth.measuring import Measured, Patient, months_at
from clinic.checkups.models import CheckVisit, EnteredBy, Measurement
from clinic.clock import at
from clinic.db import db
from clinic.families.models import Child, Guardianship, Relation, Sex

A_YEAR = timedelta(days=365)
REGISTERED = timedelta(days=60)  # ago
YOUNG, SCHOOL = 18, 12  # children of each year of age, at each centre
LAST_YOUNG, LAST_SCHOOL = 6, 14  # years
KEPT = {"zhaohui": 0.92, "qingbo": 0.85, "yuhang": 0.78}  # how many checks are made
LATE = 36  # days after a check's first day, at most
MONTHS = 12
SCHOOL_VISIT = "Y6"


def fill(today: date, *, staff: User) -> None:
    """All of them, in four statements."""
    dice = Random(today.toordinal())  # noqa: S311 - a plausible city, not a secret
    centres = db.session.scalars(select(Centre).order_by(Centre.id)).all()
    pairs = [(centre, row) for centre in centres for row in _children(today, dice)]
    children = [row for _, row in pairs]
    ids = db.session.scalars(
        insert(Child).returning(Child.id, sort_by_parameter_order=True), children
    ).all()
    registered = at(today - REGISTERED, time(9))
    db.session.execute(insert(Guardianship), [_nobody(one, staff, registered) for one in ids])
    checks: list[dict[str, object]] = []
    amounts: list[list[Measured]] = []
    for child_id, (home, row) in zip(ids, pairs, strict=True):
        for on, visit, measured in _year(row, home, today, dice):
            checks.append(_check(child_id, home.id, visit, on, staff))
            amounts.append(measured)
    check_ids = db.session.scalars(
        insert(CheckVisit).returning(CheckVisit.id, sort_by_parameter_order=True), checks
    ).all()
    rows = [
        _measurement(check_id, check, one)
        for check_id, check, measured in zip(check_ids, checks, amounts, strict=True)
        for one in measured
    ]
    db.session.execute(insert(Measurement), rows)


def _children(today: date, dice: Random) -> Iterable[dict[str, object]]:
    """So many of every year of age."""
    for years in range(LAST_SCHOOL + 1):
        for number in range(YOUNG if years <= LAST_YOUNG else SCHOOL):
            born = add_months(today, -MONTHS * years) - timedelta(days=dice.randrange(1, 365))
            yield {
                "name": f"演示{years}岁{number + 1}号",
                "name_pinyin": "yanshi",
                "sex": dice.choice(list(Sex)),
                "birth_date": born,
                "allergies": "",
                "created_at": at(today - REGISTERED, time(9)),
                "version": 1,
            }


def _nobody(child_id: int, staff: User, now: datetime) -> dict[str, object]:
    """Who took the record over stands for the family, and gave it up at once."""
    by = {"granted_by_id": staff.id, "revoked_by_id": staff.id}
    moments = {"granted_at": now, "revoked_at": now}
    who = {"child_id": child_id, "user_id": staff.id, "relation": Relation.OTHER}
    return {**who, **moments, **by, "is_first": False}


def _year(
    row: Mapping[str, object], home: Centre, today: date, dice: Random
) -> Iterable[tuple[date, str, list[Measured]]]:
    """The checks of the last year: those of the schedule, and one at school age."""
    born = row["birth_date"]
    assert isinstance(born, date)
    patient = Patient(born, "F" if row["sex"] is Sex.FEMALE else "M")
    tall, fat = dice.gauss(0, 0.7), dice.gauss(0.4, 1.0)
    for check_age in check_ages():
        first, last = window(check_age, born, None)
        if first is None or last is None or not today - A_YEAR - A_YEAR <= first < today:
            continue
        on = first + timedelta(days=dice.randrange(min(LATE, (last - first).days + 8)))
        if on < today and dice.random() < KEPT[home.code]:
            yield on, check_age.id, _measured(patient, on, tall, fat)
    if born < add_months(today, -MONTHS * (LAST_YOUNG + 1)):
        on = today - timedelta(days=dice.randrange(5, 200))
        yield on, SCHOOL_VISIT, _at_school(patient, on, fat)


def _measured(patient: Patient, on: date, tall: float, fat: float) -> list[Measured]:
    """Weight and length on that day, along SD scores of WS/T 423-2022."""
    real, months = months_at(patient, on)
    length = value_of("length_height_for_age", patient.sex, months, tall)
    index = value_of("bmi_for_age", patient.sex, months, max(-2.5, min(2.9, fat)))
    if length is None or index is None:
        return []
    how = How.LYING if real < STANDING_FROM_MONTHS else How.STANDING
    return [
        Measured(on, Kind.WEIGHT, round(index * (length / 100) ** 2 * 100) * 10),
        Measured(on, Kind.LENGTH, round(length * 10), how),
    ]


def _at_school(patient: Patient, on: date, fat: float) -> list[Measured]:
    """The same by WS/T 586-2018, which has edges and no lengths: they stand at 6 cm a year from 120."""
    years = (on - patient.birth_date).days / 365.25
    table = data("wst586_2018")[patient.sex]
    over, obese = next((row[1], row[2]) for row in reversed(table) if row[0] <= years)
    index = over + (fat - 1) * (obese - over)
    length = 120 + 6 * (years - 6)
    return [
        Measured(on, Kind.WEIGHT, round(index * (length / 100) ** 2 * 100) * 10),
        Measured(on, Kind.LENGTH, round(length * 10), How.STANDING),
    ]


def _check(child_id: int, centre_id: int, visit: str, on: date, staff: User) -> dict[str, object]:
    now: datetime = at(on, time(10))
    return {
        "child_id": child_id,
        "centre_id": centre_id,
        "visit": visit,
        "done_on": on,
        "version": 1,
        "saved_at": now,
        "saved_by_id": staff.id,
        "finished_at": now,
        "finished_by_id": staff.id,
    }


def _measurement(check_id: int, check: Mapping[str, object], one: Measured) -> dict[str, object]:
    return {
        "child_id": check["child_id"],
        "check_visit_id": check_id,
        "source": EnteredBy.CLINIC,
        "entered_at": check["saved_at"],
        "entered_by_id": check["saved_by_id"],
        "measured_on": one.on,
        "kind": one.kind,
        "amount": one.amount,
        "how": one.how,
    }
