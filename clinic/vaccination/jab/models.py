"""What a visit leaves behind: informed consents, what was checked, observation, reactions.

Consents are append-only: the latest row counts, and the database refuses to change one.
"""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base
from clinic.scheduling.models import Appointment


class InformedConsent(Base):
    """A guardian agrees to a dose of a vaccine at a visit, or refuses it."""

    __tablename__ = "informed_consents"
    __table_args__ = (Index("ix_informed_consents_visit", "appointment_id", "vaccine", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointments.id"))
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    vaccine: Mapped[str] = mapped_column(String(20))
    dose_number: Mapped[int]
    text_version: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(2))
    given: Mapped[bool]
    at: Mapped[datetime]
    # The guardian, or staff who asked the guardian at the centre.
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class GivenDose(Base):
    """Of a dose given here: from which lot, what was checked, and why it was given all the same."""

    __tablename__ = "given_doses"

    id: Mapped[int] = mapped_column(primary_key=True)
    immunization_id: Mapped[int] = mapped_column(ForeignKey("immunizations.id"), unique=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("vaccine_lots.id"), index=True)
    checks: Mapped[list[str]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(300), default="")


class PostVaccinationStay(Base):
    """A child stays after its vaccination, until a moment; leaving earlier has a reason."""

    __tablename__ = "vaccination_observations"
    __table_args__ = (
        CheckConstraint("started_at < ends_at", name="ends_after_start"),
        CheckConstraint("(left_at IS NULL) = (left_by_id IS NULL)", name="left"),
        CheckConstraint(
            "left_at IS NULL OR left_at >= ends_at OR early_reason <> ''", name="early"
        ),
        CheckConstraint("(over_noted_at IS NULL) = (over_noted_by_id IS NULL)", name="over_noted"),
        CheckConstraint("over_noted_at >= ends_at", name="noted_when_over"),
        Index("ix_vaccination_observations_centre", "centre_id", "left_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointments.id"), unique=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    started_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    left_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    early_reason: Mapped[str] = mapped_column(String(300), default="")
    # Somebody at the board has seen that the time is over; until then the board says so at its top.
    over_noted_at: Mapped[datetime | None]
    over_noted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    appointment: Mapped[Appointment] = relationship()


class AdverseEvent(Base):
    """A suspected reaction after a vaccination (AEFI); open until its outcome is known."""

    __tablename__ = "adverse_events"
    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (closed_by_id IS NULL)", name="closed"),
        CheckConstraint("closed_at IS NULL OR outcome <> ''", name="outcome"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointments.id"), index=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    symptom: Mapped[str] = mapped_column(String(300))
    onset_at: Mapped[datetime]
    treatment: Mapped[str] = mapped_column(String(500))
    outcome: Mapped[str] = mapped_column(String(300), default="")
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
