"""Amounts that were typed at a check: what is asked about. Pure.

What is asked about is what the growth standard (WS/T 423-2022) holds unusual: an operating choice.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from clinic.amounts import RANGES, UNITS, How, Kind, parts_of, written
from clinic.checkups.growth.between import DAYS_PER_MONTH, LYING_IS_LONGER_CM
from clinic.checkups.growth.china import row
from clinic.errors import DomainError
from clinic.sentences import mark

METRICS = {
    Kind.WEIGHT: "weight_for_age",
    Kind.LENGTH: "length_height_for_age",
    Kind.HEAD: "head_circumference_for_age",
}
# What a number may have been meant as: so many times smaller, and the unit it was typed in.
SLIPS = {
    Kind.WEIGHT: ((Decimal(2), "斤"), (Decimal(1000), "g")),
    Kind.LENGTH: ((Decimal(10), "mm"), (Decimal("0.01"), "m")),
    Kind.HEAD: ((Decimal(10), "mm"),),
    Kind.HAEMOGLOBIN: ((Decimal("0.1"), "g/dL"),),
    Kind.TEMPERATURE: (),
}
SOON = timedelta(days=120)
JUMP, DROP = 1.5, 0.85  # of the weight before, within that time
PRETERM_BEFORE, TERM = 37, 40  # weeks
CORRECT_UNTIL_MONTHS = 24  # the usual convention; the national text was not read


class MeasuredBeforeBirth(DomainError):
    message = mark("This day is before the child was born.")


class NotYetMeasured(DomainError):
    message = mark("This day is in the future.")


@dataclass(frozen=True)
class Measured:
    """One amount of a child: when, what, how much, and how a length was measured."""

    on: date
    kind: Kind
    amount: int
    how: How | None = None


@dataclass(frozen=True)
class Patient:
    """What of a child the rules look at."""

    birth_date: date
    sex: str  # M or F, as the tables name them
    gestation_weeks: int | None = None


@dataclass(frozen=True)
class Doubt:
    """Something to ask before it is saved; `message` is a msgid, fit for the screen."""

    message: str
    params: dict[str, object]
    accept: str | None = None  # the number it was probably meant as


def check_day(on: date, birth_date: date, today: date) -> None:
    """Between birth and today, both inclusive."""
    if on < birth_date:
        raise MeasuredBeforeBirth
    if on > today:
        raise NotYetMeasured


def corrected_days(patient: Patient) -> int:
    """How many days the due date came after birth, for a child born before 37 weeks; else 0."""
    weeks = patient.gestation_weeks
    return (TERM - weeks) * 7 if weeks is not None and weeks < PRETERM_BEFORE else 0


def months_at(patient: Patient, on: date) -> tuple[float, float]:
    """Age in months with fractions: as it is, and corrected as growth is read (to 24 months)."""
    days = (on - patient.birth_date).days
    real = days / DAYS_PER_MONTH
    if real >= CORRECT_UNTIL_MONTHS:
        return real, real
    return real, (days - corrected_days(patient)) / DAYS_PER_MONTH


def meant(kind: Kind, text: str, patient: Patient, on: date) -> tuple[str, str, str] | None:
    """What a number was probably meant as, typed in another unit: (amount, number, unit) or None.

    Where another unit stands behind it; or where the number itself is unusual for the age and the
    other reading is not.
    """
    number, said = parts_of(text)
    if number is None:
        return None
    if said in (None, UNITS[kind][0]) and _usual(kind, number, patient, on) is not False:
        return None
    for divisor, unit in SLIPS[kind]:
        other = number / divisor
        if said == unit or (said is None and _usual(kind, other, patient, on)):
            amount = int((other * UNITS[kind][1]).to_integral_value())
            low, high = RANGES[kind]
            return (written(kind, amount), f"{number:f}", unit) if low <= amount <= high else None
    return None


def _usual(kind: Kind, number: Decimal, patient: Patient, on: date) -> bool | None:
    """Within 3 SD of the standard (haemoglobin: 70 to 180 g/L); None where there is no standard."""
    if kind is Kind.HAEMOGLOBIN:
        return 70 <= number <= 180
    if kind not in METRICS:
        return None
    edges = row(METRICS[kind], patient.sex, max(0.0, months_at(patient, on)[1]))
    return None if edges is None else edges[0] <= float(number) <= edges[-1]


def doubt_about(
    typed: str, new: Measured, patient: Patient, before: Collection[Measured]
) -> Doubt | None:
    """What to ask about an amount that could be right but probably is not; None if nothing."""
    unit = UNITS[new.kind][0]
    if slip := slip_in(typed, new.kind, patient, new.on):
        return slip
    last = last_of(new.kind, new.on, before)
    if last and (said := _against(new, last)):
        return said
    if _usual(new.kind, Decimal(written(new.kind, new.amount)), patient, new.on) is False:
        return Doubt(
            mark("%(number)s %(unit)s is very unusual at this age. Is it right?"),
            {"number": written(new.kind, new.amount), "unit": unit},
        )
    return None


def slip_in(typed: str, kind: Kind, patient: Patient, on: date) -> Doubt | None:
    """The question after another unit; `accept` is what it was probably meant as."""
    slip = meant(kind, typed, patient, on)
    if slip is None:
        return None
    number, was, as_unit = slip
    facts: dict[str, object] = {"number": number, "unit": UNITS[kind][0]}
    facts |= {"was": was, "as_unit": as_unit}
    return Doubt(mark("Did you mean %(number)s %(unit)s (%(was)s %(as_unit)s)?"), facts, number)


def last_of(kind: Kind, on: date, before: Collection[Measured]) -> Measured | None:
    """The latest amount of that kind before that day."""
    found = [measured for measured in before if measured.kind is kind and measured.on < on]
    return max(found, key=lambda one: one.on, default=None)


def _against(new: Measured, last: Measured) -> Doubt | None:
    """What does not fit the amount before: shorter, a smaller head, a jump or a drop of weight."""
    facts: dict[str, object] = {
        "number": written(last.kind, last.amount),
        "unit": UNITS[last.kind][0],
        "day": last.on,
    }
    if new.kind is Kind.LENGTH and _standing(new) < _standing(last):
        return Doubt(
            mark("Shorter than before (%(number)s %(unit)s on %(day)s). Is it right?"), facts
        )
    if new.kind is Kind.HEAD and new.amount < last.amount:
        return Doubt(
            mark("Smaller than before (%(number)s %(unit)s on %(day)s). Is it right?"), facts
        )
    if new.kind is Kind.WEIGHT and new.on - last.on <= SOON:
        share = new.amount / last.amount
        # A newborn may double its weight in four months; nobody else does.
        if share < DROP or (share > JUMP and last.amount > 5000):
            return Doubt(
                mark("It was %(number)s %(unit)s on %(day)s: a big change. Is it right?"), facts
            )
    return None


def _standing(one: Measured) -> float:
    """Millimetres as if measured standing: lying is 0.7 cm longer. Unknown counts as it is."""
    return one.amount - (LYING_IS_LONGER_CM * 10 if one.how is How.LYING else 0)
