"""What measurements say of a child's growth, line by line, while they are typed. Pure.

Words and grades: WS/T 423-2022 (the standard in force under seven years); z-scores: WHO 2006 and
2007. A child born before 37 weeks is read at its corrected age up to 24 months.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from clinic.amounts import UNITS, How, Kind
from clinic.checkups.growth.between import STANDING_FROM_MONTHS, as_measured
from clinic.checkups.growth.china import assess
from clinic.checkups.growth.measuring import Measured, Patient, corrected_days, months_at
from clinic.checkups.growth.who import bmi, scores_2006, scores_2007
from clinic.sentences import mark

LINES = (  # what it is, metric of WS/T 423, z-score of 2006, of 2007
    (mark("Weight for age"), "weight_for_age", "wfa_z", "wfa_z"),
    (mark("Length or height for age"), "length_height_for_age", "lhfa_z", "hfa_z"),
    (mark("Weight for length or height"), "weight_for_length_height", "wflh_z", None),
    (mark("BMI for age"), "bmi_for_age", "bmifa_z", "bmifa_z"),
    (mark("Head for age"), "head_circumference_for_age", "hcfa_z", None),
)


@dataclass(frozen=True)
class GrowthLine:
    """One measure against its standards; `word` and `grade` are the standard's own (Chinese)."""

    name: str
    value: str
    unit: str
    z: float | None
    word: str | None
    grade: str | None


def assessment(
    patient: Patient, on: date, measured: Mapping[Kind, Measured]
) -> tuple[tuple[GrowthLine, ...], float | None]:
    """The lines for what was measured, and the corrected age in months where it was used."""
    amounts = {kind: one.amount / UNITS[kind][1] for kind, one in measured.items()}
    weight, length, head = (amounts.get(one) for one in (Kind.WEIGHT, Kind.LENGTH, Kind.HEAD))
    how = measured[Kind.LENGTH].how if Kind.LENGTH in measured else None
    real, months = months_at(patient, on)
    scores = _scores(patient, on, weight, length, head, how)
    index = bmi(weight, _as_standard(length, how, months) if length else None)
    values = (weight, length, weight if length else None, index, head)
    lines = []
    for (name, metric, young, old), value in zip(LINES, values, strict=True):
        if value is None:
            continue
        word, grade = (None, None)
        if months >= 0:
            word, grade = assess(
                metric, patient.sex, value, age_months=months, height_cm=length, measured=how
            )
        z = scores.get(young) if young in scores else scores.get(old or "")
        unit = _unit(metric)
        text = f"{value:.1f}" if metric == "bmi_for_age" else f"{value:g}"
        lines.append(GrowthLine(name, text, unit, z, word, grade))
    return tuple(lines), months if months != real else None


def _unit(metric: str) -> str:
    if metric == "bmi_for_age":
        return "kg/m²"
    return "kg" if metric.startswith("weight") else "cm"


def _as_standard(length: float, how: How | None, months: float) -> float:
    """Length as the standard wants it at that age, for the BMI."""
    return as_measured(length, how, standing=months >= STANDING_FROM_MONTHS)


def _scores(
    patient: Patient,
    on: date,
    weight: float | None,
    length: float | None,
    head: float | None,
    how: How | None,
) -> Mapping[str, float | None]:
    """WHO's z-scores at the age by which growth is read; none before the due date."""
    real, months = months_at(patient, on)
    days = (on - patient.birth_date).days
    days -= corrected_days(patient) if months != real else 0
    if days < 0:
        return {}
    young = scores_2006(
        patient.sex, days, weight_kg=weight, height_cm=length, head_cm=head, measured=how
    )
    if any(one is not None for one in young.values()):
        return young
    return scores_2007(patient.sex, months, weight_kg=weight, height_cm=length, measured=how)
