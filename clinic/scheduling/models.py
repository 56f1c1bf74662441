"""Sessions, slots, the places taken in them, holds, bookings and appointments.

The database keeps the promises, on SQLite and on PostgreSQL alike (migrations/versions/0002):
rows of `places` are counted into `slots.taken` by triggers, CHECKs stop the count at the
capacity, and overlaps of a practitioner, a room or a child are refused.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.accounts.models import User
from clinic.centres.models import Centre, Practitioner, Room, Service
from clinic.db import Base
from clinic.families.models import Child


class ClinicSession(Base):
    """One practitioner in one room for one block of one day (Schedule in FHIR)."""

    __tablename__ = "clinic_sessions"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="starts_before_ends"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)", name="withdrawn"),
        Index("ix_clinic_sessions_practitioner", "practitioner_id", "starts_at"),
        Index("ix_clinic_sessions_room", "room_id", "starts_at"),
        Index("ix_clinic_sessions_centre", "centre_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioners.id"))
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    practitioner: Mapped[Practitioner] = relationship()
    room: Mapped[Room] = relationship()
    slots: Mapped[list["Slot"]] = relationship(
        back_populates="clinic_session", order_by="Slot.starts_at"
    )


class Slot(Base):
    """A piece of a clinic session with places in it.

    `taken` and `online_taken` are counted by the database from `places`; `frees_at` is when the
    earliest hold in it expires. Nobody else writes these three.
    """

    __tablename__ = "slots"
    __table_args__ = (
        UniqueConstraint("clinic_session_id", "starts_at"),
        CheckConstraint("starts_at < ends_at", name="starts_before_ends"),
        CheckConstraint("capacity >= 1", name="capacity"),
        CheckConstraint("online_capacity BETWEEN 0 AND capacity", name="online_capacity"),
        CheckConstraint("taken BETWEEN 0 AND capacity", name="taken_within_capacity"),
        CheckConstraint("online_taken BETWEEN 0 AND online_capacity", name="online_within_share"),
        Index("ix_slots_practitioner", "practitioner_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_session_id: Mapped[int] = mapped_column(ForeignKey("clinic_sessions.id"))
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioners.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    opens_at: Mapped[datetime]  # 放号: from when it can be booked online
    capacity: Mapped[int]
    online_capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    online_taken: Mapped[int] = mapped_column(default=0)
    frees_at: Mapped[datetime | None]

    clinic_session: Mapped[ClinicSession] = relationship(back_populates="slots")
    centre: Mapped[Centre] = relationship()
    practitioner: Mapped[Practitioner] = relationship()


class SlotService(Base):
    """A slot can be booked for a service. The key is in the order in which it is searched."""

    __tablename__ = "slot_services"

    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"), primary_key=True, index=True)


class Channel(StrEnum):
    """How a booking came."""

    ONLINE = "online"
    DESK = "desk"
    PHONE = "phone"


class Booking(Base):
    """One decision of one family: a reference to say on the phone, and a key that makes it happen once."""

    __tablename__ = "bookings"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(12), unique=True)
    idempotency_key: Mapped[str] = mapped_column(String(80), unique=True)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    made_at: Mapped[datetime]
    channel: Mapped[Channel]

    made_by: Mapped[User] = relationship()
    appointments: Mapped[list["Appointment"]] = relationship(
        back_populates="booking", order_by="Appointment.starts_at"
    )


class Appointment(Base):
    """One child, one service, one slot or several consecutive ones. Facts have a who and a when."""

    __tablename__ = "appointments"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="starts_before_ends"),
        CheckConstraint("slot_count >= 1", name="slot_count"),
        CheckConstraint("(arrived_at IS NULL) = (arrived_by_id IS NULL)", name="arrived"),
        CheckConstraint("(done_at IS NULL) = (done_by_id IS NULL)", name="done"),
        CheckConstraint("(no_show_at IS NULL) = (no_show_by_id IS NULL)", name="no_show"),
        CheckConstraint("(cancelled_at IS NULL) = (cancelled_by_id IS NULL)", name="cancelled"),
        CheckConstraint("cancelled_at IS NULL OR no_show_at IS NULL", name="one_ending"),
        CheckConstraint(
            "done_at IS NULL OR (cancelled_at IS NULL AND no_show_at IS NULL)", name="done_or_not"
        ),
        Index("ix_appointments_child", "child_id", "starts_at"),
        Index("ix_appointments_centre", "centre_id", "starts_at"),
        Index("ix_appointments_practitioner", "practitioner_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"), index=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioners.id"))
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"), index=True)  # the first one
    slot_count: Mapped[int] = mapped_column(default=1)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(300), default="")  # why the family comes
    note: Mapped[str] = mapped_column(String(1000), default="")  # what the clinician wrote
    arrived_at: Mapped[datetime | None]
    arrived_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    no_show_at: Mapped[datetime | None]
    no_show_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    cancelled_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    cancel_reason: Mapped[str] = mapped_column(String(300), default="")
    version: Mapped[int] = mapped_column(default=1)

    booking: Mapped[Booking] = relationship(back_populates="appointments")
    child: Mapped[Child] = relationship()
    service: Mapped[Service] = relationship()
    centre: Mapped[Centre] = relationship()
    practitioner: Mapped[Practitioner] = relationship()
    room: Mapped[Room] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own spelling


class Hold(Base):
    """Places kept for some minutes while a family fills in the form.

    Once it expires anybody may take its places; until somebody does, its owner still may.
    """

    __tablename__ = "holds"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"))  # the first one
    slot_count: Mapped[int] = mapped_column(default=1)
    moves_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"))  # what became of it
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    child: Mapped[Child] = relationship()
    service: Mapped[Service] = relationship()
    slot: Mapped[Slot] = relationship()
    moves: Mapped[Appointment | None] = relationship()
    booking: Mapped[Booking | None] = relationship()


class Place(Base):
    """One place taken in a slot, by an appointment or by a hold that expires."""

    __tablename__ = "places"
    __table_args__ = (
        CheckConstraint("(appointment_id IS NULL) <> (hold_id IS NULL)", name="one_owner"),
        CheckConstraint("(hold_id IS NULL) = (expires_at IS NULL)", name="holds_expire"),
        UniqueConstraint("slot_id", "appointment_id"),
        UniqueConstraint("slot_id", "hold_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"), index=True)
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("holds.id"), index=True)
    online: Mapped[bool]
    expires_at: Mapped[datetime | None]
