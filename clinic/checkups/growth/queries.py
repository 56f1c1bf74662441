"""What was measured of a child, and what a family may change of it."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import select

from clinic.centres.models import CentreService, Service
from clinic.centres.retired import is_in_use
from clinic.checkups.growth.charts import Entered
from clinic.checkups.growth.measuring import METRICS, Measured, Patient
from clinic.checkups.models import (
    SPINE,
    CheckFinding,
    CheckVisit,
    EnteredBy,
    Measurement,
    ParentHeights,
)
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
        Entered(number, Measured(on, kind, amount, how), source is EnteredBy.PARENT)
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


def services_offered(codes: Collection[str], day: date) -> list[Service]:
    """Those of these services that some centre has on that day."""
    query = (
        select(Service)
        .where(
            Service.code.in_(codes),
            is_in_use(Service, day),
            select(CentreService)
            .where(CentreService.service_id == Service.id, is_in_use(CentreService, day))
            .exists(),
        )
        .order_by(Service.id)
    )
    return list(db.session.scalars(query))


def latest_findings(child_id: int) -> dict[str, str]:
    """What was found at the child's latest finished check, by code."""
    latest = (
        select(CheckVisit.id)
        .where(
            CheckVisit.child_id == child_id,
            CheckVisit.finished_at.is_not(None),
            CheckVisit.visit != SPINE,
        )
        .order_by(CheckVisit.done_on.desc(), CheckVisit.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(CheckFinding.code, CheckFinding.value).where(
        CheckFinding.check_visit_id == latest, CheckFinding.voided_at.is_(None)
    )
    return {row.code: row.value for row in db.session.execute(query)}
