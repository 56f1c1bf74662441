"""Visits of children to a centre, their tickets, and every step of each.

The database keeps the promises (clinic/promises): a child has one open visit at a centre
and day, is in one room at a time, a number is given once, and two people who saw the same state of
a ticket cannot both act on it, for its steps are numbered.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.accounts.models import User
from clinic.centres.models import Centre, Room
from clinic.db import Base
from clinic.families.models import Child
from clinic.visits.rules import State, label

OPEN_VISIT = text("closed_at IS NULL")
BUSY_TICKET = text("state IN ('called', 'with')")


class Encounter(Base):
    """A child at a centre on a day (Encounter), from check-in until its last ticket is done."""

    __tablename__ = "visits"
    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (closed_by_id IS NULL)", name="closed"),
        Index(
            "uq_visits_open",
            "centre_id",
            "day",
            "child_id",
            unique=True,
            sqlite_where=OPEN_VISIT,
            postgresql_where=OPEN_VISIT,
        ),
        Index("ix_visits_child", "child_id", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    day: Mapped[date]
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    centre: Mapped[Centre] = relationship()
    child: Mapped[Child] = relationship()
    tickets: Mapped[list["Ticket"]] = relationship(back_populates="encounter", order_by="Ticket.id")


class Ticket(Base):
    """A number for one kind of service of a visit, and where it stands: its last step."""

    __tablename__ = "tickets"
    __table_args__ = (
        Index("uq_tickets_number", "centre_id", "day", "kind", "number", unique=True),
        Index(
            "uq_tickets_busy",
            "visit_id",
            unique=True,
            sqlite_where=BUSY_TICKET,
            postgresql_where=BUSY_TICKET,
        ),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("state <> 'called' OR room_id IS NOT NULL", name="called_to_a_room"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), index=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    day: Mapped[date]
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]
    own_room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))  # where it is booked
    slot_minutes: Mapped[int]  # how long its booking is
    state: Mapped[State]
    station: Mapped[str] = mapped_column(String(20))
    room_id: Mapped[int | None] = mapped_column(
        ForeignKey("rooms.id")
    )  # whose line, or where it is
    place: Mapped[float]
    since: Mapped[datetime]  # at this station, waiting or watched
    called_at: Mapped[datetime | None]  # last, to this station
    steps: Mapped[int]

    encounter: Mapped[Encounter] = relationship(back_populates="tickets")
    room: Mapped[Room | None] = relationship(foreign_keys=[room_id])

    @property
    def label(self) -> str:
        """`A012`."""
        return label(self.kind, self.number)


class TicketStep(Base):
    """What was done to a ticket, by whom and when, and how it stood after it. Never changed."""

    __tablename__ = "ticket_steps"
    __table_args__ = (
        Index("uq_ticket_steps_number", "ticket_id", "number", unique=True),
        Index("ix_ticket_steps_pace", "centre_id", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    number: Mapped[int]
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    day: Mapped[date]
    verb: Mapped[str] = mapped_column(String(20))  # a Verb, or how the ticket came
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    served: Mapped[int | None]  # seconds, when this step ended a service
    served_at: Mapped[str | None] = mapped_column(String(20))  # the station that it ended
    undoes: Mapped[int | None]  # the number of the step that it took back
    state: Mapped[State]
    station: Mapped[str] = mapped_column(String(20))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"))
    place: Mapped[float]
    since: Mapped[datetime]
    called_at: Mapped[datetime | None]


class TicketCounter(Base):
    """The last number given to a kind of service at a centre on a day."""

    __tablename__ = "ticket_counters"

    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    last: Mapped[int]


class DeskNote(Base):
    """What one shift at the desk leaves to the next. Nothing of it is ever changed."""

    __tablename__ = "desk_notes"
    __table_args__ = (Index("ix_desk_notes_centre", "centre_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    day: Mapped[date]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = mapped_column(String(1000))

    by: Mapped[User] = relationship()
