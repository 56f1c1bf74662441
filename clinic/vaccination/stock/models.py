"""Vaccines on hand at the centres, and the doses of them that are reserved for visits.

The database counts, on SQLite and on PostgreSQL alike (clinic/promises): `stock` is what
lots and reservations come to, and a CHECK stops the reservations at what is on hand.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, synonym

from clinic.db import Base
from clinic.reservations.models import Reservation


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


class VaccinePrice(Base):
    """What a dose of a paid product costs at a centre, in fen. The database refuses one of a free product."""

    __tablename__ = "vaccine_prices"
    __table_args__ = (CheckConstraint("price_fen > 0", name="price_fen"),)

    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("vaccine_products.id"), primary_key=True)
    price_fen: Mapped[int]

    product: Mapped[VaccineProduct] = relationship(lazy="joined", innerjoin=True)


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
    __table_args__ = (CheckConstraint("reserved BETWEEN 0 AND on_hand", name="reserved"),)

    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), primary_key=True)
    vaccine: Mapped[str] = mapped_column(String(20), primary_key=True)
    on_hand: Mapped[int]
    reserved: Mapped[int]


DOSE = "dose"  # the resource, as the triggers that count `stock` know it


class DoseReservation(Reservation):
    """A dose of a vaccine reserved for a child's visit. It names a vaccine, not a particular lot.

    No two visits of a child are booked for doses of one series.
    """

    __mapper_args__ = {"polymorphic_identity": DOSE}  # noqa: RUF012 - SQLAlchemy's own spelling

    vaccine: Mapped[str] = synonym("key")
    series: Mapped[str] = synonym("purpose")
    dose_number: Mapped[int] = synonym("number")
