"""What the engine says of children on record."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Row

from clinic.families.models import Child as ChildRow
from clinic.families.models import Sex
from clinic.vaccination.programme.child import VERY_EARLY, Condition, Recipient
from clinic.vaccination.programme.forecast import Forecast, forecast
from clinic.vaccination.record import recording
from clinic.vaccination.record.conditions import live_conditions
from clinic.vaccination.record.models import ChildCondition
from clinic.vaccination.record.models import Condition as Recorded

MEANING = {
    Recorded.HBSAG_POSITIVE_MOTHER: Condition.MOTHER_HBSAG,
    Recorded.HBSAG_UNKNOWN_MOTHER: Condition.MOTHER_HBSAG,
    Recorded.HIV_EXPOSED: Condition.HIV_EXPOSED,
    Recorded.IMMUNODEFICIENT: Condition.IMMUNODEFICIENT,
    Recorded.PPD_NEGATIVE: Condition.PPD_NEGATIVE,
}
LIGHT = 2000  # grams at birth


def forecasts_of(children: Collection[ChildRow], on: date) -> Mapping[int, list[Forecast]]:
    """The forecast of each of these children, by id, on that day. Two queries."""
    given = recording.doses_of([child.id for child in children])
    patients = patients_of(children)
    return {one: forecast(patient, given[one], on) for one, patient in patients.items()}


def patients_of(children: Collection[ChildRow | Row[*tuple[Any, ...]]]) -> Mapping[int, Recipient]:
    """These children, by id, as the programme sees them. One query."""
    conditions = live_conditions([child.id for child in children])
    return {child.id: patient_of(child, conditions[child.id]) for child in children}


def patient_of(
    row: ChildRow | Row[*tuple[Any, ...]],
    recorded: Collection[ChildCondition | Row[*tuple[Any, ...]]],
) -> Recipient:
    """The child of that row, of which this is true; in plain rows, sex and conditions may be texts."""
    conditions = {MEANING[condition.code] for condition in recorded if condition.code in MEANING}
    if row.birth_weight_g is not None and row.birth_weight_g < LIGHT:
        conditions.add(Condition.UNDER_2000_G)
    if row.gestation_weeks is not None and row.gestation_weeks <= VERY_EARLY:
        conditions.add(Condition.VERY_PRETERM)
    immunoglobulin = tuple(
        condition.on
        for condition in recorded
        if condition.code == Recorded.IMMUNOGLOBULIN and condition.on
    )
    sex = "F" if row.sex == Sex.FEMALE else "M"
    return Recipient(row.birth_date, sex, frozenset(conditions), immunoglobulin)
