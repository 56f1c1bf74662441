"""Organization, Location, HealthcareService, Practitioner; names in Chinese and English."""

from datetime import time
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.accounts.models import User
from clinic.db import Base


class ServiceKind(StrEnum):
    """The four booking rooms."""

    PEDIATRICS = "pediatrics"
    VACCINATION = "vaccination"
    CHECKUPS = "checkups"
    REHAB = "rehab"


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
    """A room of a centre (Location)."""

    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), index=True)
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(80))

    centre: Mapped[Centre] = relationship(back_populates="rooms")


class Service(Base):
    """Something a family can book (HealthcareService). Ages in completed months, lengths in minutes."""

    __tablename__ = "services"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("hold_minutes BETWEEN 1 AND 60", name="hold_minutes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[ServiceKind] = mapped_column(index=True)
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


class CentreService(Base):
    """A centre offers a service."""

    __tablename__ = "centre_services"

    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), primary_key=True, index=True)


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
