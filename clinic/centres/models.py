"""Organization, Location, HealthcareService, Practitioner; names in Chinese and English."""

from datetime import date, datetime, time

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.accounts.models import User
from clinic.db import Base


class Centre(Base):
    """A children's health management centre (儿童健康管理中心)."""

    __tablename__ = "centres"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(30), unique=True)
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(120))
    district: Mapped[str] = mapped_column(String(20))
    address_zh: Mapped[str] = mapped_column(String(120))
    address_en: Mapped[str] = mapped_column(String(160))
    about_zh: Mapped[str] = mapped_column(String(300))
    about_en: Mapped[str] = mapped_column(String(400))
    phone: Mapped[str] = mapped_column(String(30))
    latitude: Mapped[float]
    longitude: Mapped[float]
    parking_zh: Mapped[str] = mapped_column(String(200), server_default="")
    parking_en: Mapped[str] = mapped_column(String(300), server_default="")
    map_url: Mapped[str] = mapped_column(String(300), server_default="")
    is_wheelchair_accessible: Mapped[bool] = mapped_column(server_default=false())
    # Until then families do not see it, and cannot book there.
    opened_at: Mapped[datetime | None]
    retired_on: Mapped[date | None]  # from that day on nothing of it is offered or planned

    opening_hours: Mapped[list["OpeningHours"]] = relationship(
        order_by="OpeningHours.weekday, OpeningHours.opens"
    )
    rooms: Mapped[list["Room"]] = relationship(back_populates="centre", order_by="Room.id")
    services: Mapped[list["Service"]] = relationship(
        secondary="centre_services", order_by="Service.id"
    )
    practitioners: Mapped[list["Practitioner"]] = relationship(
        back_populates="centre", order_by="Practitioner.id"
    )


class OpeningHours(Base):
    """When a centre's doors are open on a weekday (Monday is 0), on the clinic's wall clock."""

    __tablename__ = "opening_hours"
    __table_args__ = (CheckConstraint("opens < closes", name="opens_before_closes"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), index=True)
    weekday: Mapped[int]
    opens: Mapped[time]
    closes: Mapped[time]


class Room(Base):
    """A room of a centre (Location). `stations`: at how many places in it a child can be seen."""

    __tablename__ = "rooms"
    __table_args__ = (CheckConstraint("stations BETWEEN 1 AND 50", name="stations"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), index=True)
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(80))
    stations: Mapped[int] = mapped_column(server_default="1")
    is_fever_room: Mapped[bool] = mapped_column(server_default=false())  # apart from the others
    is_wheelchair_accessible: Mapped[bool] = mapped_column(server_default=false())
    retired_on: Mapped[date | None]

    centre: Mapped[Centre] = relationship(back_populates="rooms")


class Service(Base):
    """Something a family can book (HealthcareService). Ages in completed months, lengths in minutes.

    A price in fen is what the city charges, unless a centre has its own; 0 is free of charge, and
    None says nothing.
    """

    __tablename__ = "services"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("hold_minutes BETWEEN 1 AND 60", name="hold_minutes"),
        CheckConstraint("price_fen >= 0", name="price_fen"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(80))
    about_zh: Mapped[str] = mapped_column(String(200))
    about_en: Mapped[str] = mapped_column(String(300))
    bring_zh: Mapped[str] = mapped_column(String(300))  # what to bring, one thing a line
    bring_en: Mapped[str] = mapped_column(String(400))
    minutes: Mapped[int]
    hold_minutes: Mapped[int] = mapped_column(default=10)
    min_age_months: Mapped[int] = mapped_column(default=0)
    max_age_months: Mapped[int] = mapped_column(default=18 * 12)
    price_fen: Mapped[int | None]
    retired_on: Mapped[date | None]  # from then on no centre offers it


class CentreService(Base):
    """A centre offers a service, at its own price or (None) at the city's."""

    __tablename__ = "centre_services"
    __table_args__ = (CheckConstraint("price_fen >= 0", name="price_fen"),)

    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), primary_key=True, index=True)
    price_fen: Mapped[int | None]
    retired_on: Mapped[date | None]  # from then on this centre does not


class Practitioner(Base):
    """Somebody who sees children at a centre. `user` is how they sign in."""

    __tablename__ = "practitioners"
    __table_args__ = (UniqueConstraint("user_id", "centre_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(80))
    title_zh: Mapped[str] = mapped_column(String(60))
    title_en: Mapped[str] = mapped_column(String(80))
    fields_zh: Mapped[str] = mapped_column(String(120), default="")  # what they see most
    fields_en: Mapped[str] = mapped_column(String(160), default="")
    languages: Mapped[list[str]] = mapped_column(JSON, default=list)  # by their BCP 47 codes
    retired_on: Mapped[date | None]

    centre: Mapped[Centre] = relationship(back_populates="practitioners")
    user: Mapped[User | None] = relationship()
    services: Mapped[list[Service]] = relationship(
        secondary="practitioner_services", order_by="Service.id"
    )


class PractitionerService(Base):
    """A practitioner gives a service."""

    __tablename__ = "practitioner_services"

    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioners.id"), primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), primary_key=True)


class Closure(Base):
    """A centre, or one of its rooms, is shut from a moment to another. Families read the reason."""

    __tablename__ = "closures"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="starts_before_ends"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by_id IS NULL)", name="lifted"),
        Index("ix_closures_centre", "centre_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason_zh: Mapped[str] = mapped_column(String(120))
    reason_en: Mapped[str] = mapped_column(String(160))
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Leave(Base):
    """A practitioner is away from a moment to another. Why is nobody's business but the centre's."""

    __tablename__ = "leaves"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="starts_before_ends"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by_id IS NULL)", name="lifted"),
        Index("ix_leaves_practitioner", "practitioner_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioners.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(120), default="")
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class AdjustedDay(Base):
    """A day on which a centre works by another weekday's timetable (Monday is 0), or not at all."""

    __tablename__ = "adjusted_days"
    __table_args__ = (CheckConstraint("works_as BETWEEN 0 AND 6", name="works_as"),)

    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    works_as: Mapped[int | None]
