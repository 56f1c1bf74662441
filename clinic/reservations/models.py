"""Something of a resource that is kept for a child's visit, or while its form is filled in."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base


class ReleaseReason(StrEnum):
    """Why a reservation is over. Only triggers write the first four."""

    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    DONE = "done"  # the visit ended, and this was not used
    ENDED = "ended"  # the hold that kept it
    EXPIRED = "expired"  # what kept it was over, or its day is past
    MOVED = "moved"  # the new time has a reservation of its own
    USED = "used"
    LOST = "lost"  # the centre has less than it had: it was spoilt, or must not be used
    CHANGED = "changed"  # the child's record: it has it already, or may not have it on that day


LIVE = text("released_at IS NULL")
BOOKED = text("released_at IS NULL AND appointment_id IS NOT NULL")
LOST = text("why_released = 'lost'")


class Reservation(Base):
    """So much of a resource, for the child of a hold or of an appointment: live until it is released.

    Its day is the visit's, which may move, so it is not written here a second time. A room that
    has a resource derives a class from this one, with the resource as its identity and with its
    own words for `key`, `purpose` and `number`.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        CheckConstraint("(appointment_id IS NULL) <> (hold_id IS NULL)", name="one_owner"),
        CheckConstraint("(released_at IS NULL) = (why_released IS NULL)", name="released"),
        CheckConstraint("quantity > 0", name="quantity"),
        Index(
            "ix_reservations_live",
            "centre_id",
            "resource",
            "key",
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
        Index(
            "ix_reservations_lost",
            "centre_id",
            "resource",
            "key",
            sqlite_where=LOST,
            postgresql_where=LOST,
        ),
        Index(
            "uq_reservations_booked",
            "child_id",
            "resource",
            "purpose",
            unique=True,
            sqlite_where=BOOKED,
            postgresql_where=BOOKED,
        ),
    )
    __mapper_args__ = {"polymorphic_on": "resource"}  # noqa: RUF012 - SQLAlchemy's own spelling

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"), index=True)
    hold_id: Mapped[int | None] = mapped_column(
        ForeignKey("holds.id", ondelete="CASCADE"), index=True
    )
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"), index=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))  # that has the resource
    resource: Mapped[str] = mapped_column(String(20))  # what it is: a dose
    key: Mapped[str] = mapped_column(String(20))  # which of them: a vaccine
    quantity: Mapped[int] = mapped_column(default=1)
    # What of the child's it is for: a series. No two visits of a child are booked for the same.
    purpose: Mapped[str | None] = mapped_column(String(20))
    number: Mapped[int | None]  # which one of it: the second dose
    made_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    why_released: Mapped[ReleaseReason | None]
