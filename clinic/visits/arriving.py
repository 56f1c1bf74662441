"""A child comes in: the arrival, the visit, the ticket. Verbs flush; the caller commits."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from clinic import audit
from clinic.accounts.models import Person
from clinic.clock import clinic_day, day_bounds
from clinic.db import broken_promise, db, lock_row
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.scheduling import places
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment
from clinic.scheduling.policies.stored import policy_for
from clinic.scheduling.queries import appointments
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verdict.rules import is_late
from clinic.sentences import mark
from clinic.visits import rules
from clinic.visits.line import close_if_done
from clinic.visits.models import Encounter, Ticket, TicketCounter
from clinic.visits.queries import ticket_of
from clinic.visits.recorded import is_needed
from clinic.visits.rules import State
from clinic.visits.stations import pathways, stations
from clinic.visits.steps import JustChanged, take_step

FAMILY_WITHIN = timedelta(hours=3)  # what a family has later that day is another way to the centre


class AlreadyCalled(DomainError):
    message = mark("Ticket %(ticket)s has been called already: take it back with a reason.")


def check_in(appointment: Appointment, *, by: Person, now: datetime) -> Ticket | None:
    """The child has arrived: its ticket. Twice is one visit and one ticket; of a visit that is
    done, or of a service without a line, there is none. Raises as `attendance.check_in`."""
    is_new = attendance.check_in(appointment, by=by, now=now)
    if status_of(appointment) is not Status.ARRIVED or appointment.service.kind not in pathways():
        return None
    ticket = ticket_of(appointment)
    # Another visit to the same room later that day gets another ticket.
    if ticket is not None and not (is_new and ticket.state is State.DONE):
        return ticket
    encounter = _encounter(appointment, by=by, now=now)
    return _issue(encounter, appointment, by=by, now=now)


def check_in_family(rows: Sequence[Appointment], *, by: Person, now: datetime) -> list[Ticket]:
    """All of these, or none of them."""
    slot_ids = places.slots_under([row.id for row in rows])
    places.lock_to_take(slot_ids, sorted({row.child_id for row in rows}), now=now, online=False)
    tickets = [check_in(appointment, by=by, now=now) for appointment in by_kind(rows)]
    return [fromkey for fromkey in dict.fromkeys(tickets) if fromkey is not None]


def by_kind(rows: Sequence[Appointment]) -> list[Appointment]:
    """In the order in which every family has its tickets counted: no two wait for each other in a ring."""
    return sorted(rows, key=lambda one: one.service.kind)


def family_of(appointment: Appointment, now: datetime) -> list[Appointment]:
    """What comes in with this appointment, itself among them: see `families`."""
    start, end = day_bounds(clinic_day(now))
    query = (
        appointments()
        .where(
            Appointment.centre_id == appointment.centre_id,
            Appointment.starts_at >= start,
            Appointment.starts_at < end,
        )
        .options(joinedload(Appointment.child).selectinload(Child.guardianships))
    )
    found = families(db.session.scalars(query).unique().all())
    return next((one for one in found if appointment in one), [])


def families(rows: Iterable[Appointment]) -> list[list[Appointment]]:
    """Of these of one centre and day, what is booked by families that come in together.

    For children who share a guardian, at times near each other. Who belongs to one of a family
    belongs to all of it: it is the same for each of them.
    """
    family: dict[int, list[Appointment]] = {}  # by appointment; one list for all of a family
    latest: dict[int, Appointment] = {}  # by guardian
    booked = [row for row in rows if status_of(row) is Status.BOOKED]
    for row in sorted(booked, key=lambda one: (one.starts_at, one.id)):
        mine = family[row.id] = [row]
        for kin in row.child.guardianships:
            if kin.revoked_at is not None:
                continue
            before = latest.get(kin.user_id)
            latest[kin.user_id] = row
            if before is None or row.starts_at - before.starts_at > FAMILY_WITHIN:
                continue
            if (theirs := family[before.id]) is not mine:
                theirs += mine
                mine = theirs
                family |= {appointment.id: theirs for appointment in theirs}
    return list({id(one): one for one in family.values()}.values())


def undo_check_in(appointment: Appointment, *, by: Person, now: datetime, reason: str = "") -> None:
    """Take a check-in back, and its ticket, unless another appointment needs that ticket.

    With a reason also later, and wherever the ticket stands. Raises AlreadyCalled, or as
    `attendance.undo_check_in`.
    """
    ticket = ticket_of(appointment)
    attendance.undo_check_in(appointment, by=by, now=now, reason=reason)
    if ticket is None or is_needed(ticket, but=appointment):
        return
    lock_row(db.session.get_one(Encounter, ticket.visit_id))
    lock_row(ticket)
    if ticket.state is State.VOID:
        return
    was_called = ticket.state is not State.WAITING or ticket.called_at is not None
    if was_called and not reason:
        raise AlreadyCalled(ticket=ticket.label)
    take_step(ticket, "take_back", by=by, now=now, state=State.VOID)
    close_if_done(ticket.encounter, by=by, now=now)


def _encounter(appointment: Appointment, *, by: Person, now: datetime) -> Encounter:
    facts = {
        "centre_id": appointment.centre_id,
        "day": clinic_day(appointment.starts_at),
        "child_id": appointment.child_id,
    }
    query = select(Encounter).filter_by(**facts, closed_at=None).with_for_update()
    if encounter := db.session.scalar(query):
        return encounter
    encounter = Encounter(**facts, opened_at=now, opened_by_id=by.id)
    db.session.add(encounter)
    try:
        db.session.flush()
    except IntegrityError as error:
        if "visits" in broken_promise(error):
            raise JustChanged from error
        raise
    audit.record("open_visit", encounter, by=by.id, now=now, centre_id=encounter.centre_id)
    return encounter


def _issue(encounter: Encounter, appointment: Appointment, *, by: Person, now: datetime) -> Ticket:
    kind = appointment.service.kind
    number = _next_number(encounter, kind)
    station = pathways()[kind].path[0]
    ticket = Ticket(
        encounter=encounter,
        centre_id=encounter.centre_id,
        day=encounter.day,
        kind=kind,
        number=number,
        own_room_id=appointment.room_id,
        slot_minutes=round((appointment.ends_at - appointment.starts_at).total_seconds() / 60),
        state=rules.arriving_at(stations()[station]),
        station=station,
        room_id=appointment.room_id if stations()[station].by_room else None,
        place=rules.place(_turn(appointment), number),
        since=now,
        steps=0,
    )
    db.session.add(ticket)
    db.session.flush()
    take_step(ticket, "issue", by=by, now=now)
    return ticket


def _turn(appointment: Appointment) -> datetime:
    """When its turn is: at the booked time; for late children, or late bookings, on arrival."""
    policy = policy_for(appointment.service_id, appointment.centre_id)
    expected = max(appointment.starts_at, appointment.booking.made_at)
    arrived = appointment.arrived_at
    assert arrived is not None, "tickets are for children who are here"
    return arrived if is_late(expected, arrived, policy) else appointment.starts_at


def _next_number(encounter: Encounter, kind: str) -> int:
    """Counted by the database, in one statement: no number is given twice."""
    insert = (sqlite if db.engine.dialect.name == "sqlite" else postgresql).insert
    first = insert(TicketCounter).values(
        centre_id=encounter.centre_id, day=encounter.day, kind=kind, last=1
    )
    counted = first.on_conflict_do_update(
        index_elements=["centre_id", "day", "kind"], set_={"last": TicketCounter.last + 1}
    ).returning(TicketCounter.last)
    number: int = db.session.execute(counted).scalar_one()
    return number
