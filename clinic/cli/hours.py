"""`flask --app wsgi schedule …`: hours that change, and taking changes back.

A change is shown first, with a version; it happens when the same command names that version.
"""

import sys
from datetime import datetime
from functools import partial

import click
from sqlalchemy import select

from clinic import clock
from clinic.centres.models import Closure, Leave, Practitioner, Room
from clinic.cli.asking import (
    DAY,
    MOMENT,
    CommandRefused,
    centre_of,
    line_of,
    on_the_wall,
    row_of,
    staff_of,
)
from clinic.cli.schedule import schedule
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.scheduling.appointments import new_times
from clinic.scheduling.changes import applying, change, kinds, reopening
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.models import ClinicSession, RotaRule


def _change(change: change.Change, version: str | None, by: str) -> None:
    """Show whom it concerns, or do what was shown; then find new times for who lost theirs."""
    now, staff = clock.now(), staff_of(by)
    try:
        if version is None:
            _show(applying.preview(change, now=now))
            return
        done = in_one_transaction(lambda: applying.apply(change, version, by=staff, now=now))
    except NotAsShown as refusal:
        click.echo(refusal.message, err=True)
        _show(applying.preview(change, now=now))
        sys.exit(1)
    except DomainError as error:
        raise CommandRefused(error) from error
    ids = [appointment.id for appointment in done.displaced]
    offers = [
        in_one_transaction(partial(new_times.offer_to, appointment_id, now=now))
        for appointment_id in ids
    ]
    kept = sum(map(len, offers))
    click.echo(f"Done. {len(ids)} appointments need a new time; {kept} new times are kept.")


def _show(shown: applying.Preview) -> None:
    for appointment in shown.displaced:
        click.echo(line_of(appointment))
    closed = sum(1 for capacity, _ in shown.slots.values() if not capacity)
    click.echo(
        f"{closed} slots would be shut, {len(shown.slots) - closed} changed; "
        f"{len(shown.displaced)} appointments would need a new time."
    )
    click.echo(f"version {shown.version}")


@schedule.cli.command("close")
@click.argument("centre")
@click.argument("starts", type=MOMENT)
@click.argument("ends", type=MOMENT)
@click.option("--room", type=int, help="Only this room.")
@click.option("--reason-zh", required=True, help="Families read it.")
@click.option("--reason-en", required=True)
@click.option("--version", help="Do what was shown under this version.")
@click.option("--by", required=True)
def close(
    centre: str,
    starts: datetime,
    ends: datetime,
    room: int | None,
    reason_zh: str,
    reason_en: str,
    version: str | None,
    by: str,
) -> None:
    """Shut a CENTRE, or a room of it, from STARTS to ENDS on the clinic's clock."""
    where = row_of(Room, room) if room else None
    whole = centre_of(centre)
    if where and where.centre_id != whole.id:
        raise click.ClickException("That room belongs to another centre.")
    change = kinds.Close(whole, on_the_wall(starts), on_the_wall(ends), reason_zh, reason_en, where)
    _change(change, version, by)


@schedule.cli.command("leave")
@click.argument("practitioner_id", type=int)
@click.argument("starts", type=MOMENT)
@click.argument("ends", type=MOMENT)
@click.option("--reason", default="")
@click.option("--version", help="Do what was shown under this version.")
@click.option("--by", required=True)
def leave(
    practitioner_id: int,
    starts: datetime,
    ends: datetime,
    reason: str,
    version: str | None,
    by: str,
) -> None:
    """A practitioner is away from STARTS to ENDS."""
    who = row_of(Practitioner, practitioner_id)
    _change(kinds.Away(who, on_the_wall(starts), on_the_wall(ends), reason), version, by)


@schedule.cli.command("hours")
@click.argument("session_id", type=int)
@click.argument("opens", type=click.DateTime(["%H:%M"]))
@click.argument("closes", type=click.DateTime(["%H:%M"]))
@click.option("--capacity", type=int, help="Places a slot; as it was without it.")
@click.option("--version", help="Do what was shown under this version.")
@click.option("--by", required=True)
def hours(
    session_id: int,
    opens: datetime,
    closes: datetime,
    capacity: int | None,
    version: str | None,
    by: str,
) -> None:
    """A session has the slots between OPENS and CLOSES, with so many places."""
    session = row_of(ClinicSession, session_id)
    _change(kinds.NewHours(session, opens.time(), closes.time(), capacity), version, by)


@schedule.cli.command("withdraw")
@click.argument("session_id", type=int)
@click.option("--version", help="Do what was shown under this version.")
@click.option("--by", required=True)
def withdraw(session_id: int, version: str | None, by: str) -> None:
    """Take a session out of the calendar, whoever is booked."""
    _change(kinds.withdrawal(row_of(ClinicSession, session_id)), version, by)


@schedule.cli.command("end-rule")
@click.argument("rule_id", type=int)
@click.argument("last_day", type=DAY)
@click.option("--version", help="Do what was shown under this version.")
@click.option("--by", required=True)
def end_rule(rule_id: int, last_day: datetime, version: str | None, by: str) -> None:
    """A rule ends with LAST_DAY; what it opened later is shut."""
    _change(kinds.EndRule(row_of(RotaRule, rule_id), last_day.date()), version, by)


@schedule.cli.command("works-as")
@click.argument("centre")
@click.argument("day", type=DAY)
@click.argument("weekday", type=click.Choice([*"1234567", "shut"]))
@click.option("--version", help="Do what was shown under this version.")
@click.option("--by", required=True)
def works_as(centre: str, day: datetime, weekday: str, version: str | None, by: str) -> None:
    """A CENTRE works on DAY by another WEEKDAY's timetable (1 is Monday), or is shut."""
    number = None if weekday == "shut" else int(weekday) - 1
    _change(kinds.WorksAs(centre_of(centre), day.date(), number), version, by)


@schedule.cli.command("lift")
@click.argument("kind", type=click.Choice(["closure", "leave"]))
@click.argument("row_id", type=int)
@click.option("--by", required=True)
def lift(kind: str, row_id: int, by: str) -> None:
    """Take a closure or a leave back; who waits for a new time gets the old one."""
    row: Closure | Leave
    row = row_of(Closure, row_id) if kind == "closure" else row_of(Leave, row_id)
    staff = staff_of(by)
    done = in_one_transaction(lambda: reopening.lift(row, by=staff, now=clock.now()))
    click.echo(f"{done.slots} slots are open again; {len(done.restored)} families are back.")


@schedule.cli.command("reopen")
@click.argument("session_id", type=int)
@click.option("--by", required=True)
def reopen(session_id: int, by: str) -> None:
    """Open again what was taken out of a session by hand, with its rule, or for its day."""
    session, staff = row_of(ClinicSession, session_id), staff_of(by)
    done = in_one_transaction(lambda: reopening.reopen(session, by=staff, now=clock.now()))
    click.echo(f"{done.slots} slots are open again; {len(done.restored)} families are back.")


@schedule.cli.command("shut")
def shut() -> None:
    """What is shut from now on: closures and leaves, with their numbers."""
    now = clock.now()
    closures = select(Closure).where(Closure.lifted_at.is_(None), Closure.ends_at > now)
    for closure in db.session.scalars(closures.order_by(Closure.starts_at)):
        click.echo(f"closure {closure.id}: centre {closure.centre_id}, {_times(closure)}")
    leaves = select(Leave).where(Leave.lifted_at.is_(None), Leave.ends_at > now)
    for leave_row in db.session.scalars(leaves.order_by(Leave.starts_at)):
        click.echo(
            f"leave {leave_row.id}: practitioner {leave_row.practitioner_id}, {_times(leave_row)}"
        )


def _times(row: Closure | Leave) -> str:
    starts, ends = (clock.local(moment) for moment in (row.starts_at, row.ends_at))
    return f"{starts:%Y-%m-%d %H:%M} to {ends:%Y-%m-%d %H:%M}"
