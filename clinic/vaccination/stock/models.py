"""Vaccines on hand at the centres, and the doses of them that are reserved for visits.

The database counts, on SQLite and on PostgreSQL alike (clinic/promises): `stock` is what
lots and reservations come to, and a CHECK stops the reservations at what is on hand.
"""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base


class VaccineProduct(Base):
    """A vaccine of one manufacturer. Its vaccine code never changes: counts hang on it."""

    __tablename__ = "vaccine_products"
    __table_args__ = (UniqueConstraint("vaccine", "manufacturer"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    vaccine: Mapped[str] = mapped_column(String(20))
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(120))
    manufacturer: Mapped[str] = mapped_column(String(80))
    free: Mapped[bool]  # the programme pays
    active: Mapped[bool] = mapped_column(default=True)


class VaccineLot(Base):
    """Doses of one lot (批号) at one centre; what is left is received - used - wasted."""

    __tablename__ = "vaccine_lots"
    __table_args__ = (
        UniqueConstraint("centre_id", "product_id", "number"),
        CheckConstraint("used >= 0 AND wasted >= 0", name="not_negative"),
        CheckConstraint("received >= used + wasted", name="enough"),
        CheckConstraint("(recalled_at IS NULL) = (recalled_by_id IS NULL)", name="recalled"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("vaccine_products.id"))
    number: Mapped[str] = mapped_column(String(40))
    expires_on: Mapped[date]  # the last day on which it may be given
    received: Mapped[int]
    used: Mapped[int] = mapped_column(default=0)
    wasted: Mapped[int] = mapped_column(default=0)
    recalled_at: Mapped[datetime | None]
    recalled_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    recall_reason: Mapped[str] = mapped_column(String(120), default="")

    product: Mapped[VaccineProduct] = relationship(lazy="joined", innerjoin=True)

    @property
    def left(self) -> int:
        """Doses in the fridge."""
        return self.received - self.used - self.wasted


class Stock(Base):
    """What a centre has of a vaccine and has reserved of it. Only the database writes it."""

    __tablename__ = "stock"
    __table_args__ = (CheckConstraint("promised BETWEEN 0 AND on_hand", name="promised"),)

    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), primary_key=True)
    vaccine: Mapped[str] = mapped_column(String(20), primary_key=True)
    on_hand: Mapped[int]
    promised: Mapped[int]


class Why(StrEnum):
    """Why a reservation is over. Only triggers write the first four."""

    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    DONE = "done"  # the visit ended, and this dose was not given
    ENDED = "ended"  # the hold that kept it
    EXPIRED = "expired"  # what kept it was over, or its day is past
    MOVED = "moved"  # the new time has a reservation of its own
    USED = "used"
    RECALLED = "recalled"
    WASTED = "wasted"
    CHANGED = "changed"  # the child's record: it is given already, or not legal on that day


LIVE = text("released_at IS NULL")
BOOKED = text("released_at IS NULL AND appointment_id IS NOT NULL")
LOST = text("why_released IN ('recalled', 'wasted')")


class DoseReservation(Base):
    """A dose of a vaccine kept for a child's visit, or while its form is filled in. It names a vaccine,
    not a particular lot.

    Its day is the visit's, which may move, so it is not written here a second time.
    """

    __tablename__ = "dose_promises"
    __table_args__ = (
        CheckConstraint("(appointment_id IS NULL) <> (hold_id IS NULL)", name="one_owner"),
        CheckConstraint("(released_at IS NULL) = (why_released IS NULL)", name="released"),
        Index(
            "ix_dose_promises_live",
            "centre_id",
            "vaccine",
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
        Index(
            "ix_dose_promises_lost",
            "centre_id",
            "vaccine",
            sqlite_where=LOST,
            postgresql_where=LOST,
        ),
        Index(
            "uq_dose_promises_booked",
            "child_id",
            "series",
            unique=True,
            sqlite_where=BOOKED,
            postgresql_where=BOOKED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"), index=True)
    hold_id: Mapped[int | None] = mapped_column(
        ForeignKey("holds.id", ondelete="CASCADE"), index=True
    )
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"), index=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    vaccine: Mapped[str] = mapped_column(String(20))
    series: Mapped[str] = mapped_column(String(20))
    dose_number: Mapped[int]
    made_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    why_released: Mapped[Why | None]
