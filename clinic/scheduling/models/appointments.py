"""What is booked: bookings, appointments, and the end of a pause after missed visits."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic import clock
from clinic.accounts.models import User
from clinic.centres.models import Centre, Practitioner, Room, Service
from clinic.db import Base
from clinic.families.models import Child


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
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    channel: Mapped[Channel]

    made_by: Mapped[User] = relationship()
    appointments: Mapped[list["Appointment"]] = relationship(
        back_populates="booking", order_by="Appointment.starts_at"
    )


DISPLACED = "displaced_at IS NOT NULL"


class Question(StrEnum):
    """What is asked about a visit when what it hangs on changed: see `questions`."""

    NOTHING_LEFT = "nothing_left"  # what it was booked for is done, or not legal that day
    NO_DOSE = "no_dose"  # the centre lost the vaccine that was reserved
    AGE = "age"


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
        CheckConstraint("(displaced_at IS NULL) = (displaced_by_id IS NULL)", name="displaced"),
        CheckConstraint("cancelled_at IS NULL OR no_show_at IS NULL", name="one_ending"),
        CheckConstraint(
            "done_at IS NULL OR (cancelled_at IS NULL AND no_show_at IS NULL)", name="done_or_not"
        ),
        Index("ix_appointments_child", "child_id", "starts_at"),
        Index("ix_appointments_centre", "centre_id", "starts_at"),
        Index("ix_appointments_practitioner", "practitioner_id", "starts_at"),
        Index(
            "ix_appointments_displaced",
            "centre_id",
            sqlite_where=text(DISPLACED),
            postgresql_where=text(DISPLACED),
        ),
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
    # Its hours were changed: it keeps its facts and waits for a new time.
    displaced_at: Mapped[datetime | None]
    displaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    question: Mapped[Question | None]  # open until it is kept, moved or cancelled
    kept_at: Mapped[datetime | None]  # when a question was last answered: it stays as it is
    moved_at: Mapped[datetime | None]  # when it was last given another time on purpose
    version: Mapped[int] = mapped_column(default=1)

    booking: Mapped[Booking] = relationship(back_populates="appointments")
    child: Mapped[Child] = relationship()
    service: Mapped[Service] = relationship()
    centre: Mapped[Centre] = relationship()
    practitioner: Mapped[Practitioner] = relationship()
    room: Mapped[Room] = relationship()

    # Of the newest version, so that calendars which hold a copy of it take it over.
    changed_at: Mapped[datetime | None] = mapped_column(onupdate=clock.now)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own spelling


class PauseLift(Base):
    """Staff lifted the pause that missed visits had brought: what was missed before counts no more."""

    __tablename__ = "pause_lifts"

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
