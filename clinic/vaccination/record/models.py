"""What a child was given (Immunization), and what is true of a child that changes what is due."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Enum,
    ForeignKey,
    Index,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base


class Source(StrEnum):
    """Where an entry comes from; a booklet is entered by a parent."""

    HERE = "here"
    BOOKLET = "booklet"
    STAFF = "staff"
    IMPORT = "import"


class Condition(StrEnum):
    """What changes which vaccines a child may have, and when."""

    HBSAG_POSITIVE_MOTHER = "hbsag_positive_mother"
    HBSAG_UNKNOWN_MOTHER = "hbsag_unknown_mother"
    HIV_EXPOSED = "hiv_exposed"
    IMMUNODEFICIENT = "immunodeficient"
    PPD_NEGATIVE = "ppd_negative"
    IMMUNOGLOBULIN = "immunoglobulin"
    PRETERM = "preterm"


class Immunization(Base):
    """One vaccine given on one day. A voided row stays and no longer counts."""

    __tablename__ = "immunizations"
    __table_args__ = (
        Index(
            "uq_immunizations_live_day",
            "child_id",
            "vaccine",
            "given_on",
            unique=True,
            sqlite_where=text("voided_at IS NULL"),
            postgresql_where=text("voided_at IS NULL"),
        ),
        Index(  # most were given elsewhere
            "ix_immunizations_appointment_id",
            "appointment_id",
            sqlite_where=text("appointment_id IS NOT NULL"),
            postgresql_where=text("appointment_id IS NOT NULL"),
        ),
        CheckConstraint("dose_number BETWEEN 1 AND 9", name="dose_number"),
        CheckConstraint("(verified_at IS NULL) = (verified_by_id IS NULL)", name="verified"),
        CheckConstraint("(voided_at IS NULL) = (voided_by_id IS NULL)", name="voided"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"), index=True)
    vaccine: Mapped[str] = mapped_column(String(20))
    dose_number: Mapped[int | None]
    given_on: Mapped[date]
    given_at: Mapped[datetime | None]
    lot_number: Mapped[str] = mapped_column(String(40), default="")
    manufacturer: Mapped[str] = mapped_column(String(80), default="")
    site: Mapped[str] = mapped_column(String(40), default="")
    route: Mapped[str] = mapped_column(String(10), default="")
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centres.id"))
    performed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"))
    source: Mapped[Source]
    entered_at: Mapped[datetime]
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    voided_at: Mapped[datetime | None]
    voided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    void_reason: Mapped[str] = mapped_column(String(120), default="")


class Correction(Base):
    """The record of a dose said this before it was corrected; append-only.

    `was` holds the columns that were changed, with what stood in them; `number` counts from 1.
    """

    __tablename__ = "immunization_corrections"
    __table_args__ = (
        Index("uq_immunization_corrections_number", "immunization_id", "number", unique=True),
        CheckConstraint("reason <> ''", name="reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    immunization_id: Mapped[int] = mapped_column(ForeignKey("immunizations.id"))
    number: Mapped[int]
    was: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class ChildCondition(Base):
    """Something that is true of a child, from a recording until it is ended."""

    __tablename__ = "child_conditions"
    __table_args__ = (CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"), index=True)
    code: Mapped[Condition] = mapped_column(
        Enum(
            Condition,
            native_enum=False,
            create_constraint=False,
            length=30,
            values_callable=lambda enum: [member.value for member in enum],
        )
    )
    on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class ImportDraft(Base):
    """A file that staff have looked at and not imported yet; it is deleted when it is imported."""

    __tablename__ = "import_drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    made_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)
