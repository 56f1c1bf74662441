"""The report of a finished check: who may read it, and what it holds."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import joinedload

from clinic.accounts.models import Person
from clinic.accounts.rights import Deed, centres_for
from clinic.amounts import UNITS, Kind, written
from clinic.checkups.due.schedule import CheckAge, check_ages
from clinic.checkups.growth.charts import (
    ChartSeries,
    Sample,
    crossings,
    series_of,
)
from clinic.checkups.growth.lines import Crossing, Standard
from clinic.checkups.growth.measuring import METRICS
from clinic.checkups.growth.queries import entered_of, patient_of
from clinic.checkups.models import SPINE, CheckFinding, CheckVisit, Measurement
from clinic.checkups.report.findings import Findings, findings_of
from clinic.db import db
from clinic.families.models import Guardianship
from clinic.need_to_know.checking import must_need

FINISHED = (CheckVisit.finished_at.is_not(None), CheckVisit.visit != SPINE)


@dataclass(frozen=True)
class Report:
    """A finished check as it was: its growth to that day, other amounts, and what was found (by code)."""

    check: CheckVisit
    check_age: CheckAge
    series: list[ChartSeries]
    amounts: list[tuple[Kind, str, str]]  # kind, number, unit
    found: dict[str, str]
    findings: Findings

    @property
    def rows(self) -> list[tuple[ChartSeries, Sample]]:
        """What was measured at the check, with where it lies."""
        return [
            (chart_series, sample)
            for chart_series in self.series
            for sample in chart_series.samples
            if sample.on == self.check.done_on and not sample.at_home
        ]

    @property
    def corrected(self) -> float | None:
        """The corrected age in months, where growth was read by it."""
        return next((one.months for _, one in self.rows if one.months != one.real), None)

    @property
    def words(self) -> list[str]:
        """The standards' words of what was measured."""
        return [sample.word for _, sample in self.rows if sample.word]

    @property
    def crossed(self) -> list[tuple[ChartSeries, Crossing]]:
        """Percentile lines crossed: for the clinician."""
        return crossings(self.series)


def get_finished(user: Person, check_id: int) -> CheckVisit:
    """A finished check of a child of this user, or of a centre where they work. NoResultFound."""
    return _theirs(user, CheckVisit.id == check_id)


def get_finished_at(user: Person, appointment_id: int) -> CheckVisit:
    """The same by its appointment."""
    return _theirs(user, CheckVisit.appointment_id == appointment_id)


def has_report(appointment_id: int) -> bool:
    """Whether the appointment was a health check that is finished."""
    query = select(CheckVisit.id).where(CheckVisit.appointment_id == appointment_id, *FINISHED)
    return db.session.scalar(query) is not None


def _cared_for(user: Person) -> Select[int]:
    return select(Guardianship.child_id).where(
        Guardianship.user_id == user.id, Guardianship.revoked_at.is_(None)
    )


def is_family(user: Person, child_id: int) -> bool:
    """Whether this user cares for the child."""
    mine = _cared_for(user).where(Guardianship.child_id == child_id)
    return db.session.scalar(mine) is not None


def _theirs(user: Person, which: ColumnElement[bool]) -> CheckVisit:
    query = (
        select(CheckVisit)
        .where(
            which,
            *FINISHED,
            or_(
                CheckVisit.child_id.in_(_cared_for(user)),
                CheckVisit.centre_id.in_(centres_for(user, Deed.READ_CHECKS)),
            ),
        )
        .options(joinedload(CheckVisit.child), joinedload(CheckVisit.centre))
    )
    found: CheckVisit = db.session.execute(query).scalar_one()
    if not is_family(user, found.child_id):
        must_need(user, found.child_id, found.centre_id, Deed.READ_CHECKS)
    return found


def finished_checks(child_id: int) -> list[CheckVisit]:
    """A child's finished checks, the latest first."""
    query = (
        select(CheckVisit)
        .where(CheckVisit.child_id == child_id, *FINISHED)
        .order_by(CheckVisit.done_on.desc(), CheckVisit.id.desc())
    )
    return list(db.session.scalars(query))


def report_of(check: CheckVisit) -> Report:
    """Everything that the report shows. Three queries."""
    until = [
        entered for entered in entered_of(check.child_id) if entered.measured.on <= check.done_on
    ]
    patient = patient_of(check.child)
    live = (Measurement.check_visit_id == check.id, Measurement.voided_at.is_(None))
    others = select(Measurement.kind, Measurement.amount).where(
        *live, Measurement.kind.not_in(METRICS)
    )
    found = select(CheckFinding.code, CheckFinding.value).where(
        CheckFinding.check_visit_id == check.id, CheckFinding.voided_at.is_(None)
    )
    check_age = next(check_age for check_age in check_ages() if check_age.id == check.visit)
    codes = {row.code: row.value for row in db.session.execute(found)}
    return Report(
        check,
        check_age,
        series_of(patient, until, Standard.NATIONAL, check.done_on),
        [
            (kind, written(kind, amount), UNITS[kind][0])
            for kind, amount in db.session.execute(others.order_by(Measurement.id))
        ],
        codes,
        findings_of(check_age, codes),
    )
