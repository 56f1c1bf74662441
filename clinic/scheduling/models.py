"""Sessions, slots, the places taken in them, holds, bookings and appointments.

The database keeps the promises, on SQLite and on PostgreSQL alike (clinic/promises): rows of
`places` are counted into `slots.taken` by triggers, CHECKs stop the count at the capacity, and
overlaps of a practitioner, a room or a child are refused.
"""

from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic import clock
from clinic.accounts.models import User
from clinic.centres.models import Centre, Practitioner, Room, Service
from clinic.db import Base
from clinic.families.models import Child


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
    BUSY = "busy"  # what shut it is lifted, but another session has its room or its practitioner


class Slot(Base):
    """A piece of a clinic session with places in it.

    The database counts `taken` and `online_taken` from `places`; `frees_at` is when the earliest
    hold in it expires, `closed_at` since when it has a row of `slot_closings`. Nobody else writes
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
    NO_DOSE = "no_dose"  # the centre lost the vaccine that was promised
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


class HoldFor(StrEnum):
    """Why places are kept."""

    FORM = "form"  # while a family fills in a form
    WAITLIST = "waitlist"  # found for a family that waits
    NEW_TIME = "new_time"  # kept for a family whose hours were changed


LIVE_OFFER = "lead_id IS NULL AND booking_id IS NULL AND ended_at IS NULL"
OPEN_FORM = "purpose = 'form' AND booking_id IS NULL"
LEADS_A_FORM = "purpose = 'form' AND lead_id IS NULL"


def of_those_that_have(table: str, name: str) -> Index:
    """An index on a column that most rows leave empty."""
    has = text(f"{name} IS NOT NULL")
    return Index(f"ix_{table}_{name}", name, sqlite_where=has, postgresql_where=has)


class Hold(Base):
    """Places kept for some minutes while a family fills in the form, or offered to it.

    Once it expires anybody may take its places; until somebody does, its owner still may.
    Holds that belong together (siblings, a course) name the first of them as their `lead`.
    """

    __tablename__ = "holds"
    __table_args__ = (
        # A family that waits has one offer at a time.
        Index(
            "uq_holds_live_offer",
            "entry_id",
            unique=True,
            sqlite_where=text(LIVE_OFFER),
            postgresql_where=text(LIVE_OFFER),
        ),
        # Of all holds ever made, the few that are still in a form.
        Index(
            "ix_holds_open_forms",
            "user_id",
            sqlite_where=text(OPEN_FORM),
            postgresql_where=text(OPEN_FORM),
        ),
        # By age, for who clears them away.
        Index(
            "ix_holds_form_leads",
            "expires_at",
            sqlite_where=text(LEADS_A_FORM),
            postgresql_where=text(LEADS_A_FORM),
        ),
        *(of_those_that_have("holds", name) for name in ("lead_id", "entry_id", "moves_id")),
        # A booking's key is made of the id, and a page left open names it: none is given again.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"), index=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"))  # the first one
    slot_count: Mapped[int] = mapped_column(default=1)
    purpose: Mapped[HoldFor] = mapped_column(default=HoldFor.FORM, server_default="form")
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("holds.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("waitlist_entries.id"))
    moves_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("bookings.id"))  # what became of it
    # What the family wrote for a time that had gone meanwhile, until it confirms this one.
    reason: Mapped[str] = mapped_column(String(300), default="", server_default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # an offer that is over never comes back

    child: Mapped[Child] = relationship()
    service: Mapped[Service] = relationship()
    slot: Mapped[Slot] = relationship()
    moves: Mapped[Appointment | None] = relationship()
    booking: Mapped[Booking | None] = relationship()


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


class Place(Base):
    """One place taken in a slot, by an appointment or by a hold that expires.

    A place of nobody rests: it was given back in the rush after a release.
    """

    __tablename__ = "places"
    __table_args__ = (
        CheckConstraint("appointment_id IS NULL OR hold_id IS NULL", name="one_owner"),
        CheckConstraint("(appointment_id IS NULL) = (expires_at IS NOT NULL)", name="expires"),
        UniqueConstraint("slot_id", "appointment_id"),
        UniqueConstraint("slot_id", "hold_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"), index=True)
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("holds.id"), index=True)
    online: Mapped[bool]
    expires_at: Mapped[datetime | None]


class PauseLift(Base):
    """Staff lifted the pause that missed visits had brought: what was missed before counts no more."""

    __tablename__ = "pause_lifts"

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Version(Base):
    """How often what families see has changed: the free times of a centre on a day (of UTC).

    Under centre 0 what all pages share: services, centres, practitioners, policies, closures.
    The database counts; nobody else writes here.
    """

    __tablename__ = "versions"

    centre_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    number: Mapped[int]
