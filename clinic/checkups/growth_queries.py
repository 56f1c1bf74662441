"""What was measured of a child, and what a family may change of it."""

from sqlalchemy import select

from clinic.checkups.growth_charts import Entered
from clinic.checkups.measuring import METRICS, Measured, Patient
from clinic.checkups.models import Measurement, ParentHeights, Source
from clinic.db import db
from clinic.families.models import Child, Sex


def patient_of(child: Child) -> Patient:
    """What the rules of growth look at."""
    sex = "F" if child.sex is Sex.FEMALE else "M"
    return Patient(child.birth_date, sex, child.gestation_weeks)


def entered_of(child_id: int) -> list[Entered]:
    """What counts of a child's weight, length and head, by day. One query."""
    query = (
        select(
            Measurement.id,
            Measurement.measured_on,
            Measurement.kind,
            Measurement.amount,
            Measurement.how,
            Measurement.source,
        )
        .where(
            Measurement.child_id == child_id,
            Measurement.voided_at.is_(None),
            Measurement.kind.in_(METRICS),
        )
        .order_by(Measurement.measured_on, Measurement.id)
    )
    return [
        Entered(number, Measured(on, kind, amount, how), source is Source.PARENT)
        for number, on, kind, amount, how, source in db.session.execute(query)
    ]


def heights_of(child_id: int) -> tuple[float, float] | None:
    """Mother's and father's height, cm, if they are known."""
    row = db.session.get(ParentHeights, child_id)
    return (row.mother_mm / 10, row.father_mm / 10) if row else None


def get_measurement(child: Child, measurement_id: int) -> Measurement:
    """A measurement of this child that counts. Raises NoResultFound."""
    query = select(Measurement).where(
        Measurement.id == measurement_id,
        Measurement.child_id == child.id,
        Measurement.voided_at.is_(None),
    )
    return db.session.execute(query).scalar_one()
