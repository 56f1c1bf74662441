"""Families that wait for a place."""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.centres.models import Centre, Service
from clinic.db import Base
from clinic.families.models import Child

WAITS = "ended_at IS NULL"


class WaitlistEntry(Base):
    """A family waits for a place: for which service, where, and when it could come.

    It ends when a booking comes of it, when the family leaves, or when the last day is past.
    """

    __tablename__ = "waitlist_entries"
    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="first_before_last"),
        Index("ix_waitlist_entries_service", "service_id", "ended_at"),
        # In the order in which the worker looks.
        Index(
            "ix_waitlist_entries_looks",
            *("look_at", "created_at", "id"),
            sqlite_where=text(WAITS),
            postgresql_where=text(WAITS),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    weekdays: Mapped[list[int]] = mapped_column(JSON)  # Monday is 0
    parts: Mapped[list[str]] = mapped_column(JSON)  # of the day: morning, afternoon, evening
    first_day: Mapped[date]
    last_day: Mapped[date]
    created_at: Mapped[datetime]
    lapses: Mapped[int] = mapped_column(default=0)  # offers that nobody answered
    ended_at: Mapped[datetime | None]
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"))
    # From when on the worker looks for it, unless something marks it before: see `waitlist/marks`.
    look_at: Mapped[datetime] = mapped_column(server_default="1970-01-01 00:00:00")

    service: Mapped[Service] = relationship()
    children: Mapped[list[Child]] = relationship(secondary="waitlist_children", order_by="Child.id")
    centres: Mapped[list[Centre]] = relationship(secondary="waitlist_centres", order_by="Centre.id")


class WaitlistChild(Base):
    """A child for whom a family waits; several want places together."""

    __tablename__ = "waitlist_children"

    entry_id: Mapped[int] = mapped_column(ForeignKey("waitlist_entries.id"), primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"), primary_key=True, index=True)


class WaitlistCentre(Base):
    """A centre at which a place would do."""

    __tablename__ = "waitlist_centres"

    entry_id: Mapped[int] = mapped_column(ForeignKey("waitlist_entries.id"), primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), primary_key=True, index=True)
