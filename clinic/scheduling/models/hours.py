"""Hours: policies, weekly rules, sessions, their slots, and what shuts one."""

from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.centres.models import Centre, Practitioner, Room, Service
from clinic.db import Base


class PolicyRow(Base):
    """What was set of the rules of booking, for a service, a centre, both, or the site: see `policies`."""

    __tablename__ = "policies"

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(30), unique=True)  # `service@centre`, `*` for all
    service_id: Mapped[int | None] = mapped_column(ForeignKey("services.id"))
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centres.id"))
    settings: Mapped[dict[str, object]] = mapped_column(JSON)


class RotaRule(Base):
    """A weekly template: who sees children where, on which weekdays, from when to when.

    `stations` are what every child passes in a team's session (screening, injection,
    observation): each with its places and the minutes that a child needs there. A rule with
    stations has the capacity of the narrowest.
    """

    __tablename__ = "rota_rules"
    __table_args__ = (
        CheckConstraint("opens < closes", name="opens_before_closes"),
        CheckConstraint("slot_minutes > 0", name="slot_minutes"),
        CheckConstraint("capacity >= 1", name="capacity"),
        CheckConstraint("online_percent BETWEEN 0 AND 100", name="online_percent"),
        CheckConstraint("every_weeks >= 1", name="every_weeks"),
        CheckConstraint("valid_until IS NULL OR valid_from <= valid_until", name="valid"),
        CheckConstraint("(cancelled_at IS NULL) = (cancelled_by_id IS NULL)", name="cancelled"),
        Index("ix_rota_rules_centre", "centre_id", "valid_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioners.id"))
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    weekdays: Mapped[list[int]] = mapped_column(JSON)  # Monday is 0
    opens: Mapped[time]
    closes: Mapped[time]
    slot_minutes: Mapped[int]
    stations: Mapped[list[dict[str, object]]] = mapped_column(JSON, default=list)
    capacity: Mapped[int]  # places a slot
    online_percent: Mapped[int] = mapped_column(default=100)
    every_weeks: Mapped[int] = mapped_column(default=1)  # counted from the week of valid_from
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]  # the last day, or until further notice
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    cancelled_at: Mapped[datetime | None]  # it never begins
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    practitioner: Mapped[Practitioner] = relationship()
    room: Mapped[Room] = relationship()
    services: Mapped[list[Service]] = relationship(
        secondary="rota_rule_services", order_by="Service.id"
    )


class RotaRuleService(Base):
    """A rota rule is for a service."""

    __tablename__ = "rota_rule_services"

    rota_rule_id: Mapped[int] = mapped_column(ForeignKey("rota_rules.id"), primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), primary_key=True)


class ClinicSession(Base):
    """One practitioner in one room for one block of one day (Schedule in FHIR)."""

    __tablename__ = "clinic_sessions"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="starts_before_ends"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)", name="withdrawn"),
        Index("ix_clinic_sessions_practitioner", "practitioner_id", "starts_at"),
        Index("ix_clinic_sessions_room", "room_id", "starts_at"),
        Index("ix_clinic_sessions_centre", "centre_id", "starts_at"),
        # A rule opens a day once, whatever becomes of the session.
        Index("uq_clinic_sessions_rota", "rota_rule_id", "rota_day", unique=True),
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
    rota_rule_id: Mapped[int | None] = mapped_column(ForeignKey("rota_rules.id"))  # else by hand
    rota_day: Mapped[date | None]

    practitioner: Mapped[Practitioner] = relationship()
    room: Mapped[Room] = relationship()
    slots: Mapped[list["Slot"]] = relationship(
        back_populates="clinic_session", order_by="Slot.starts_at"
    )


class ClosedFor(StrEnum):
    """A reason why a slot is shut: see `SlotClosing`."""

    CLOSURE = "closure"
    LEAVE = "leave"
    HAND = "hand"  # a session was made shorter, or taken out
    RULE = "rule"  # its rota rule has ended
    DAY = "day"  # the centre works that day by another timetable
    RETIRED_CENTRE = "retired_centre"  # from a day on
    RETIRED_ROOM = "retired_room"
    RETIRED_PRACTITIONER = "retired_practitioner"
    RETIRED_SERVICE = "retired_service"  # shuts the slot for that service alone
    BUSY = "busy"  # what shut it is lifted, but another session has its room or its practitioner


class Slot(Base):
    """A piece of a clinic session with places in it.

    The database counts `taken` and `online_taken` from `places`; `frees_at` is when the earliest
    hold in it expires, `closed_at` since when rows of `slot_closings` shut it. Nobody else writes
    these four. A closed slot has no places.
    """

    __tablename__ = "slots"
    __table_args__ = (
        UniqueConstraint("clinic_session_id", "starts_at"),
        CheckConstraint("starts_at < ends_at", name="starts_before_ends"),
        CheckConstraint("capacity >= 1", name="capacity"),
        CheckConstraint("online_capacity BETWEEN 0 AND capacity", name="online_capacity"),
        CheckConstraint("taken BETWEEN 0 AND capacity", name="taken_within_capacity"),
        CheckConstraint("online_taken BETWEEN 0 AND online_capacity", name="online_within_share"),
        CheckConstraint("closed_at IS NULL OR taken = 0", name="closed_is_empty"),
        Index("ix_slots_practitioner", "practitioner_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_session_id: Mapped[int] = mapped_column(ForeignKey("clinic_sessions.id"))
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioners.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    capacity: Mapped[int]
    online_capacity: Mapped[int]
    desk_until: Mapped[datetime | None]  # until when the desk keeps the places that are not online
    closed_at: Mapped[datetime | None]
    taken: Mapped[int] = mapped_column(default=0)
    online_taken: Mapped[int] = mapped_column(default=0)
    frees_at: Mapped[datetime | None]

    clinic_session: Mapped[ClinicSession] = relationship(back_populates="slots")
    centre: Mapped[Centre] = relationship()
    practitioner: Mapped[Practitioner] = relationship()


class SlotService(Base):
    """A slot can be booked for a service: what a search reads, in the order in which it is searched.

    `free_from` is the moment from which a place is free online: long ago, when a hold expires or
    the desk lets its places go, or never (9999). It and `closed` are kept by the database.
    """

    __tablename__ = "slot_services"
    __table_args__ = (
        # It answers a search alone; on SQLite the table itself is such an index.
        Index(
            "ix_slot_services_search",
            *("service_id", "centre_id", "starts_at"),
            postgresql_include=[
                *("slot_id", "ends_at", "clinic_session_id", "practitioner_id"),
                *("opens_at", "free_from", "closed"),
            ],
            info={"only": "postgresql"},
        ).ddl_if(dialect="postgresql"),
        {"sqlite_with_rowid": False},
    )

    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"), primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"), primary_key=True, index=True)
    ends_at: Mapped[datetime]
    clinic_session_id: Mapped[int]
    practitioner_id: Mapped[int]
    opens_at: Mapped[datetime]  # 放号: from when it can be booked online
    free_from: Mapped[datetime]
    closed: Mapped[bool] = mapped_column(default=False)
    opens_by_hand: Mapped[bool] = mapped_column(default=False)  # no policy moves its release
