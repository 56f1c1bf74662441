"""Checks that were done, what was measured (Observation) and what was found."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.accounts.models import User
from clinic.amounts import How, Kind
from clinic.centres.models import Centre
from clinic.db import Base
from clinic.families.models import Child

SPINE = "SP"  # as a check's `visit`: a spine screening, none of the thirteen checks


class EnteredBy(StrEnum):
    """Who measured."""

    CLINIC = "clinic"
    PARENT = "parent"


class CheckVisit(Base):
    """One health check of a child: of an appointment, or made by staff without one.

    `version` counts the savings: who saves on an older one is shown what was saved meanwhile.
    """

    __tablename__ = "check_visits"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("(finished_at IS NULL) = (finished_by_id IS NULL)", name="finished"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"), index=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    # As with a booking's key: of two who begin the same check at once, one begins it.
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"), unique=True)
    visit: Mapped[str] = mapped_column(String(4))  # as in schedule.json: "M6"
    done_on: Mapped[date]
    version: Mapped[int] = mapped_column(default=1)
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    finished_at: Mapped[datetime | None]
    finished_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    child: Mapped[Child] = relationship()
    centre: Mapped[Centre] = relationship()
    saved_by: Mapped[User] = relationship(foreign_keys=saved_by_id)


class EnteredRow:
    """What was entered of a child, at a check or at home. A voided row stays and no longer counts."""

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    check_visit_id: Mapped[int | None] = mapped_column(ForeignKey("check_visits.id"))
    source: Mapped[EnteredBy]
    entered_at: Mapped[datetime]
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    voided_at: Mapped[datetime | None]
    voided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


def of_entry() -> tuple[CheckConstraint, ...]:
    """What the database promises of every entry."""
    return (
        CheckConstraint("source IN ('clinic', 'parent')", name="source_known"),
        CheckConstraint("(check_visit_id IS NOT NULL) = (source = 'clinic')", name="source"),
        CheckConstraint("(voided_at IS NULL) = (voided_by_id IS NULL)", name="voided"),
    )


def once(name: str, *columns: str, at_a_check: bool) -> Index:
    """One live entry for these columns, among those of checks or among those of families."""
    where = text(f"voided_at IS NULL AND check_visit_id IS {'NOT ' if at_a_check else ''}NULL")
    return Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)


class Measurement(EnteredRow, Base):
    """One amount of one kind on one day."""

    __tablename__ = "measurements"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'weight' AND amount BETWEEN 300 AND 200000)"
            " OR (kind = 'length' AND amount BETWEEN 200 AND 2200)"
            " OR (kind = 'head' AND amount BETWEEN 150 AND 700)"
            " OR (kind = 'haemoglobin' AND amount BETWEEN 20 AND 250)"
            " OR (kind = 'temperature' AND amount BETWEEN 320 AND 430)",
            name="plausible",
        ),
        CheckConstraint("how IS NULL OR kind = 'length'", name="how"),
        CheckConstraint("how IN ('lying', 'standing')", name="how_known"),
        *of_entry(),
        once("uq_measurements_live_check", "check_visit_id", "kind", at_a_check=True),
        once("uq_measurements_live_home", "child_id", "measured_on", "kind", at_a_check=False),
        Index("ix_measurements_child", "child_id", "measured_on"),
    )

    measured_on: Mapped[date]
    kind: Mapped[Kind]
    amount: Mapped[int]
    how: Mapped[How | None]

    @property
    def says(self) -> tuple[int, How | None]:
        """What would have to differ for another row."""
        return self.amount, self.how


class CheckFinding(EnteredRow, Base):
    """One finding of a check."""

    __tablename__ = "screenings"
    __table_args__ = (
        CheckConstraint("length(code) >= 1 AND length(value) >= 1", name="not_empty"),
        *of_entry(),
        CheckConstraint("check_visit_id IS NOT NULL", name="of_a_check"),
        once("uq_screenings_live_check", "check_visit_id", "code", at_a_check=True),
        Index("ix_screenings_child_id", "child_id"),
    )

    visit: Mapped[str] = mapped_column(String(4))
    code: Mapped[str] = mapped_column(String(40))
    value: Mapped[str] = mapped_column(String(1000))

    @property
    def says(self) -> str:
        """What would have to differ for another row."""
        return self.value


class ParentHeights(Base):
    """How tall a child's mother and father are, in millimetres."""

    __tablename__ = "parent_heights"
    __table_args__ = (
        CheckConstraint("mother_mm BETWEEN 1200 AND 2200", name="mother"),
        CheckConstraint("father_mm BETWEEN 1200 AND 2200", name="father"),
    )

    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"), primary_key=True)
    mother_mm: Mapped[int]
    father_mm: Mapped[int]
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
