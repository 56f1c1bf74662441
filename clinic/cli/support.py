"""`flask --app wsgi schedule …` for whoever answers the phone: lists with ids, and single deeds.

An appointment is named by its reference, and by its id where the booking has several.
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

import click
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from clinic import clock
from clinic.booking.on_behalf import book_for
from clinic.booking.requirements import move_to
from clinic.centres.models import Practitioner, Room, Service
from clinic.cli.asking import (
    DAY,
    MOMENT,
    WALL,
    CommandRefused,
    centre_of,
    line_of,
    on_the_wall,
    row_of,
    service_of,
    staff_of,
)
from clinic.cli.schedule import schedule
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.scheduling.appointments import booking, moving
from clinic.scheduling.day import attendance
from clinic.scheduling.models import (
    Appointment,
    Booking,
    Channel,
    ClinicSession,
    WaitlistEntry,
)
from clinic.scheduling.queries import appointments
from clinic.scheduling.references import parse_reference, spoken
from clinic.scheduling.timetable import opening, rota
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import SlotFacts, slots_for

T = TypeVar("T")


def done(work: Callable[[], T]) -> T:
    """Do it in one transaction, or refuse in one line."""
    try:
        return in_one_transaction(work)
    except DomainError as error:
        raise CommandRefused(error) from error


def appointment_of(reference: str, appointment_id: int | None) -> Appointment:
    """The appointment meant; of several the one with that id."""
    query = appointments().where(Booking.reference == parse_reference(reference))
    rows = list(db.session.scalars(query))
    found = [row for row in rows if appointment_id in (None, row.id)]
    if not found:
        raise click.ClickException(f"There is no appointment {reference}.")
    if len(found) > 1:
        listed = "; ".join(
            f"{appointment.id}: {clock.local(appointment.starts_at):%m-%d %H:%M}"
            for appointment in found
        )
        raise click.ClickException(f"Say which with --appointment: {listed}")
    return found[0]


def slots_from(service: Service, slot_id: int) -> tuple[SlotFacts, ...]:
    """The slots that the service takes from that one on."""
    try:
        return slots_for(service, slot_id)
    except NoResultFound as error:
        raise click.ClickException(f"There is no slot {slot_id} for this.") from error
    except DomainError as error:
        raise CommandRefused(error) from error


@schedule.cli.command("open")
@click.argument("practitioner_id", type=int)
@click.argument("room_id", type=int)
@click.argument("day", type=DAY)
@click.argument("opens", type=WALL)
@click.argument("closes", type=WALL)
@click.argument("services", nargs=-1, required=True)
@click.option("--slot-minutes", type=int, required=True)
@click.option("--capacity", type=int, default=1)
@click.option("--online", type=int, help="Places open online; all without it.")
@click.option("--opens-at", type=MOMENT, help="When it opens for booking; by policy without it.")
@click.option("--by", required=True)
def open_by_hand(
    practitioner_id: int,
    room_id: int,
    day: datetime,
    opens: datetime,
    closes: datetime,
    services: tuple[str, ...],
    slot_minutes: int,
    capacity: int,
    online: int | None,
    opens_at: datetime | None,
    by: str,
) -> None:
    """Open one session of a practitioner in a room on DAY from OPENS to CLOSES."""
    online = capacity if online is None else online
    hours = opening.Hours(opens.time(), closes.time(), slot_minutes, capacity, online)
    who, where, staff = row_of(Practitioner, practitioner_id), row_of(Room, room_id), staff_of(by)
    given, now = [service_of(service) for service in services], clock.now()
    release = on_the_wall(opens_at) if opens_at else None
    made = done(
        lambda: opening.open_session(
            who, where, given, day.date(), hours, by=staff, now=now, opens_at=release
        )
    )
    click.echo(f"Session {made.id} is open.")


@schedule.cli.command("rules")
@click.argument("centre")
def list_rules(centre: str) -> None:
    """The weekly rules of a CENTRE, with their ids."""
    for rule in rota.rules_of([centre_of(centre).id]):
        days = "".join(str(day + 1) for day in rule.weekdays)
        codes = ",".join(service.code for service in rule.services)
        click.echo(
            f"rule {rule.id}: practitioner {rule.practitioner_id}, room {rule.room_id}, {codes}, "
            f"weekdays {days}, {rule.opens:%H:%M} to {rule.closes:%H:%M}, "
            f"from {rule.valid_from} to {rule.valid_until or 'further notice'}"
        )


@schedule.cli.command("sessions")
@click.argument("centre")
@click.argument("day", type=DAY)
@click.option("--slots", is_flag=True, help="Their slots too, for `book` and `move`.")
def list_sessions(centre: str, day: datetime, slots: bool) -> None:
    """The sessions of a CENTRE on DAY, with their ids."""
    start, end = clock.day_bounds(day.date())
    query = select(ClinicSession).where(
        ClinicSession.centre_id == centre_of(centre).id,
        ClinicSession.starts_at >= start,
        ClinicSession.starts_at < end,
        ClinicSession.withdrawn_at.is_(None),
    )
    for session in db.session.scalars(query.order_by(ClinicSession.starts_at, ClinicSession.id)):
        hours = f"{clock.local(session.starts_at):%H:%M} to {clock.local(session.ends_at):%H:%M}"
        click.echo(
            f"session {session.id}: practitioner {session.practitioner_id}, room {session.room_id}, {hours}"
        )
        for slot in session.slots if slots else ():
            state = "shut" if slot.closed_at else f"{slot.taken} of {slot.capacity} taken"
            click.echo(f"  slot {slot.id}: {clock.local(slot.starts_at):%H:%M}, {state}")


@schedule.cli.command("waitlist")
@click.option("--centre")
def list_waiting(centre: str | None) -> None:
    """Who waits for a place, the longest waiting first."""
    where = centre_of(centre).id if centre else None
    query = select(WaitlistEntry).where(WaitlistEntry.ended_at.is_(None))
    for entry in db.session.scalars(query.order_by(WaitlistEntry.created_at, WaitlistEntry.id)):
        if where is not None and where not in {each.id for each in entry.centres}:
            continue
        names = ", ".join(child.name for child in entry.children)
        places = ",".join(each.code for each in entry.centres)
        click.echo(
            f"{entry.id}: since {clock.local(entry.created_at):%Y-%m-%d %H:%M}  {names}  "
            f"{entry.service.name_zh}  {places}  until {entry.last_day}"
        )


@schedule.cli.command("lift-pause")
@click.argument("child_id", type=int)
@click.option("--by", required=True)
def lift_pause(child_id: int, by: str) -> None:
    """Let a child's family book online again after missed visits."""
    child, staff = row_of(Child, child_id), staff_of(by)
    done(lambda: attendance.lift_pause(child, by=staff, now=clock.now()))
    click.echo("The family may book online again.")


@schedule.cli.command("book")
@click.argument("child_id", type=int)
@click.argument("service")
@click.argument("slot_id", type=int)
@click.option("--reason", default="")
@click.option("--key", help="The same key again is the same booking.")
@click.option("--by", required=True)
def book(child_id: int, service: str, slot_id: int, reason: str, key: str | None, by: str) -> None:
    """Book a child into a slot, as on the phone."""
    child, what, staff = row_of(Child, child_id), service_of(service), staff_of(by)
    slots, name = slots_from(what, slot_id), f"cli:{key or secrets.token_urlsafe(12)}"
    book_one = partial(book_for, child, what, slots, reason=reason, channel=Channel.PHONE)
    made = done(lambda: book_one(by=staff, key=name, now=clock.now()))
    click.echo(f"Booked: {spoken(made.booking.reference)}")


@schedule.cli.command("move")
@click.argument("reference")
@click.argument("slot_id", type=int)
@click.option("--appointment", "appointment_id", type=int)
@click.option("--by", required=True)
def move(reference: str, slot_id: int, appointment_id: int | None, by: str) -> None:
    """Give the appointment REFERENCE another time."""
    one, staff = appointment_of(reference, appointment_id), staff_of(by)
    request, now = Request(one.child, one.service, slots_from(one.service, slot_id)), clock.now()

    def work() -> None:
        moving.move([move_to(one, request, now=now)], by=staff, online=False, now=now)

    done(work)
    click.echo(f"Moved: {line_of(one)}")


@schedule.cli.command("cancel")
@click.argument("reference")
@click.option("--appointment", "appointment_id", type=int)
@click.option("--reason", default="")
@click.option("--by", required=True)
def cancel(reference: str, appointment_id: int | None, reason: str, by: str) -> None:
    """Cancel the appointment REFERENCE; its place is free at once."""
    one, staff = appointment_of(reference, appointment_id), staff_of(by)
    done(lambda: booking.cancel(one, by=staff, online=False, now=clock.now(), reason=reason))
    click.echo(f"Cancelled: {line_of(one)}")


@schedule.cli.command("no-show")
@click.argument("reference")
@click.option("--appointment", "appointment_id", type=int)
@click.option("--note", default="")
@click.option("--by", required=True)
def no_show(reference: str, appointment_id: int | None, note: str, by: str) -> None:
    """The child of REFERENCE did not come; its place is free at once."""
    one, staff = appointment_of(reference, appointment_id), staff_of(by)
    done(lambda: attendance.mark_no_show(one, by=staff, now=clock.now(), note=note))
    click.echo(f"Did not come: {line_of(one)}")
