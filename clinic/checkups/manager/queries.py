"""How the city's children are: checked on time, and too heavy. Five queries, however many children."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from clinic.ages import age_months
from clinic.amounts import How, Kind
from clinic.centres.models import Centre
from clinic.checkups.due.next_check import window
from clinic.checkups.due.schedule import check_ages
from clinic.checkups.growth.between import STANDING_FROM_MONTHS, as_measured
from clinic.checkups.growth.charts import BMI, word_of
from clinic.checkups.growth.measuring import Patient, months_at
from clinic.checkups.growth.who import bmi
from clinic.checkups.growth.words import SEVERE
from clinic.checkups.manager.rules import Key, Share
from clinic.checkups.models import CheckVisit, EnteredBy, Measurement
from clinic.clock import clinic_day
from clinic.db import db
from clinic.families.models import Child, Sex
from clinic.scheduling.models import Appointment

A_YEAR = timedelta(days=365)
LAST_YEARS = 8  # nobody older has had a check within the year
NOWHERE = 0  # the column of children whom no centre has seen
BANDS = ((2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 11), (12, 17))  # years, both inclusive
HEAVY = {"超重": "overweight", "肥胖": "obese"}


@dataclass(frozen=True)
class Known:
    """A child, and the centre that saw it last."""

    patient: Patient
    centre_id: int


def all_known(today: date) -> dict[int, Known]:
    """Every child under eighteen. Three queries."""
    seen: dict[int, tuple[date, int]] = {}
    checks = select(CheckVisit.child_id, CheckVisit.centre_id, func.max(CheckVisit.done_on))
    booked = select(
        Appointment.child_id, Appointment.centre_id, func.max(Appointment.starts_at)
    ).where(Appointment.done_at.is_not(None))
    rows = [
        *db.session.execute(checks.group_by(CheckVisit.child_id, CheckVisit.centre_id)),
        *(
            (child_id, centre_id, clinic_day(moment))
            for child_id, centre_id, moment in db.session.execute(
                booked.group_by(Appointment.child_id, Appointment.centre_id)
            )
        ),
    ]
    for child_id, centre_id, on in rows:
        seen[child_id] = max(seen.get(child_id, (date.min, NOWHERE)), (on, centre_id))
    children = select(Child.id, Child.birth_date, Child.sex, Child.gestation_weeks).where(
        Child.birth_date > today.replace(day=1) - 18 * A_YEAR
    )
    return {
        row.id: Known(
            Patient(row.birth_date, "F" if row.sex is Sex.FEMALE else "M", row.gestation_weeks),
            seen.get(row.id, (date.min, NOWHERE))[1],
        )
        for row in db.session.execute(children)
    }


def on_time(known: Mapping[int, Known], today: date) -> dict[Key, Share]:
    """By check and centre: of the children whose days for it ended within the year, who had it by then.

    The home visit is left out: its days count from a discharge that is not on record. One query.
    """
    query = select(CheckVisit.child_id, CheckVisit.visit, func.min(CheckVisit.done_on)).where(
        CheckVisit.finished_at.is_not(None)
    )
    done = {
        (child_id, visit): on
        for child_id, visit, on in db.session.execute(
            query.group_by(CheckVisit.child_id, CheckVisit.visit)
        )
    }
    counts: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    for child_id, one in known.items():
        if today.year - one.patient.birth_date.year > LAST_YEARS:
            continue
        for visit in check_ages():
            _, last = window(visit, one.patient.birth_date, None)
            if last and today - A_YEAR <= last < today:
                count = counts[visit.id, one.centre_id]
                made = done.get((child_id, visit.id))
                count[0] += made is not None and made <= last
                count[1] += 1
    return {key: Share(*count) for key, count in counts.items()}


def heavy(known: Mapping[int, Known], today: date) -> dict[str, dict[Key, Share]]:
    """By band of age: of the children measured at a centre within the year, who is too heavy.

    The latest BMI of each child by WS/T 423-2022 under seven years, WS/T 586-2018 from then on.
    One query. Keys: (number of the band, "all children").
    """
    counts = {name: [[0, 0] for _ in BANDS] for name in HEAVY.values()}
    for child_id, measured in _measured_since(today - A_YEAR).items():
        whole = [(on, found) for on, found in measured.items() if len(found) == 2]
        if child_id not in known or not whole:
            continue
        latest = _word(known[child_id].patient, *whole[-1])
        if latest is None:
            continue
        band, word = latest
        for name, count in counts.items():
            count[band][0] += word == name
            count[band][1] += 1
    return {
        name: {(band, "children"): Share(*tally) for band, tally in enumerate(count) if tally[1]}
        for name, count in counts.items()
    }


def _measured_since(first: date) -> dict[int, dict[date, dict[Kind, tuple[int, How | None]]]]:
    """Weights and lengths measured at a centre since that day: by child, then by day."""
    query = (
        select(
            Measurement.child_id,
            Measurement.measured_on,
            Measurement.kind,
            Measurement.amount,
            Measurement.how,
        )
        .where(
            Measurement.voided_at.is_(None),
            Measurement.source == EnteredBy.CLINIC,
            Measurement.kind.in_((Kind.WEIGHT, Kind.LENGTH)),
            Measurement.measured_on >= first,
        )
        .order_by(Measurement.measured_on)
    )
    days: dict[int, dict[date, dict[Kind, tuple[int, How | None]]]] = defaultdict(dict)
    for child_id, on, kind, amount, how in db.session.execute(query):
        days[child_id].setdefault(on, {})[kind] = (amount, how)
    return days


def _word(
    patient: Patient, on: date, measured: Mapping[Kind, tuple[int, How | None]]
) -> tuple[int, str] | None:
    """The band of age and what the standard says of the BMI; None under two years or over 17."""
    years = age_months(patient.birth_date, on) // 12
    band = next((n for n, (low, high) in enumerate(BANDS) if low <= years <= high), None)
    real, months = months_at(patient, on)
    length, how = measured[Kind.LENGTH]
    tall = as_measured(length / 10, how, standing=real >= STANDING_FROM_MONTHS)
    index = bmi(measured[Kind.WEIGHT][0] / 1000, tall)
    if band is None or index is None:
        return None
    word = word_of(BMI, patient.sex, months, index, real / 12) or ""
    return band, HEAVY.get(word.removeprefix(SEVERE), "")


def all_centres() -> Sequence[Centre]:
    """Every centre, in the order they were founded."""
    return db.session.scalars(select(Centre).order_by(Centre.id)).all()
