"""Holds, and the places that they and appointments take."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.centres.models import Service
from clinic.db import Base
from clinic.families.models import Child
from clinic.scheduling.models.appointments import Appointment, Booking
from clinic.scheduling.models.hours import Slot


class HoldFor(StrEnum):
    """Why places are kept."""

    FORM = "form"  # while a family fills in a form
    WAITLIST = "waitlist"  # found for a family that waits
    NEW_TIME = "new_time"  # kept for a family whose hours were changed


LIVE_OFFER = "lead_id IS NULL AND booking_id IS NULL AND ended_at IS NULL"

OPEN_FORM = "purpose = 'form' AND booking_id IS NULL"

LEADS_A_FORM = "purpose = 'form' AND lead_id IS NULL"


def of_those_that_have(table: str, name: str) -> Index:
    """An index on a column that most rows leave empty."""
    has = text(f"{name} IS NOT NULL")
    return Index(f"ix_{table}_{name}", name, sqlite_where=has, postgresql_where=has)


class Hold(Base):
    """Places kept for some minutes while a family fills in the form, or offered to it.

    Once it expires anybody may take its places; until somebody does, its owner still may.
    Holds that belong together (siblings, a course) name the first of them as their `lead`.
    """

    __tablename__ = "holds"
    __table_args__ = (
        # A family that waits has one offer at a time.
        Index(
            "uq_holds_live_offer",
            "entry_id",
            unique=True,
            sqlite_where=text(LIVE_OFFER),
            postgresql_where=text(LIVE_OFFER),
        ),
        # Of all holds ever made, the few that are still in a form.
        Index(
            "ix_holds_open_forms",
            "user_id",
            sqlite_where=text(OPEN_FORM),
            postgresql_where=text(OPEN_FORM),
        ),
        # By age, to clear them away.
        Index(
            "ix_holds_form_leads",
            "expires_at",
            sqlite_where=text(LEADS_A_FORM),
            postgresql_where=text(LEADS_A_FORM),
        ),
        *(of_those_that_have("holds", name) for name in ("lead_id", "entry_id", "moves_id")),
        # A booking's key is made of the id, and a page left open names it: none is given again.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"), index=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"))  # the first one
    slot_count: Mapped[int] = mapped_column(default=1)
    purpose: Mapped[HoldFor] = mapped_column(default=HoldFor.FORM, server_default="form")
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("holds.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("waitlist_entries.id"))
    moves_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"))  # what became of it
    # What the family wrote for a time that had gone meanwhile, until it confirms this one.
    reason: Mapped[str] = mapped_column(String(300), default="", server_default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # an offer that is over never comes back

    child: Mapped[Child] = relationship()
    service: Mapped[Service] = relationship()
    slot: Mapped[Slot] = relationship()
    moves: Mapped[Appointment | None] = relationship()
    booking: Mapped[Booking | None] = relationship()


class Place(Base):
    """One place taken in a slot, by an appointment or by a hold that expires.

    A place with neither rests: it was given back in the rush after a release.
    """

    __tablename__ = "places"
    __table_args__ = (
        CheckConstraint("appointment_id IS NULL OR hold_id IS NULL", name="one_owner"),
        CheckConstraint("(appointment_id IS NULL) = (expires_at IS NOT NULL)", name="expires"),
        UniqueConstraint("slot_id", "appointment_id"),
        UniqueConstraint("slot_id", "hold_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"), index=True)
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("holds.id"), index=True)
    online: Mapped[bool]
    expires_at: Mapped[datetime | None]
