"""`flask --app wsgi schedule …`: the rota, hours that change, the waiting families, and what is promised.

A change is shown first, with a version; it happens when the same command names that version.
"""

import json
import sys
import threading
from datetime import datetime
from functools import partial
from typing import TextIO

import click
from flask import Blueprint
from sqlalchemy import select

from clinic import clock
from clinic.centres import years
from clinic.centres.models import Centre, Closure, Leave, Practitioner, Room, Service
from clinic.cli.asking import (
    DAY,
    MOMENT,
    CommandRefused,
    centre_of,
    line_of,
    on_the_wall,
    row_of,
    service_of,
    staff_of,
)
from clinic.cli.tidying import EVERY, tidy
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.scheduling.booking import new_times
from clinic.scheduling.changes import applying, kinds, reopening
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.models import ClinicSession, RotaRule
from clinic.scheduling.policies import policy_for, set_policy
from clinic.scheduling.timetable import release, rota
from clinic.scheduling.verify import broken_ages, broken_promises
from clinic.scheduling.work import work
from clinic.vaccination.booking.verify import broken_records
from clinic.vaccination.stock.verify import broken_stock

schedule = Blueprint("schedule", __name__)
WORK_SECONDS = 15


@schedule.cli.command("verify")
def verify() -> None:
    """Read the whole database and report every broken promise; exit 1 if there is any."""
    now = clock.now()
    found = [
        *broken_promises(now=now),
        *broken_ages(now=now),
        *broken_stock(),
        *broken_records(now=now),
    ]
    for line in found:
        click.echo(line)
    if found:
        sys.exit(1)
    click.echo("Every promise is kept.")


@schedule.cli.command("work")
@click.option("--once", is_flag=True, help="One round, then stop.")
def work_on(*, once: bool) -> None:
    """Do what is due in the background, again and again; several may run at once."""
    pause, told, tidied = threading.Event(), set[int](), None
    while True:
        now = clock.now()
        if tidied is None or now - tidied >= EVERY:
            tidy(now=now)
            tidied = now
        done = work(now=now)
        for year in sorted(set(done.unknown_years) - told):
            click.echo(f"The public holidays of {year} are not known: nothing is opened.", err=True)
            told.add(year)
        if once or any((done.lapsed, done.offered, done.new_times, done.sessions, done.errors)):
            click.echo(json.dumps(vars(done)))
        if once:
            return
        pause.wait(WORK_SECONDS)


@schedule.cli.command("extend")
@click.argument("first", type=DAY)
@click.argument("last", type=DAY)
@click.option("--centre", "codes", multiple=True, help="Only these; all without it.")
def extend(first: datetime, last: datetime, codes: tuple[str, ...]) -> None:
    """Open what the rota gives from FIRST to LAST. Exit 1 if a year's holidays are not known."""
    query = select(Centre).order_by(Centre.id)
    centres = [centre_of(code) for code in codes] or list(db.session.scalars(query))
    try:
        done = in_one_transaction(
            lambda: rota.extend(centres, first.date(), last.date(), now=clock.now())
        )
    except DomainError as error:
        raise CommandRefused(error) from error
    click.echo(f"{done.sessions} sessions with {done.slots} slots.")
    for conflict in done.conflicts:
        click.echo(f"rule {conflict.rule.id} on {conflict.day}: another session is there already")
    for year in done.unknown_years:
        click.echo(f"The public holidays of {year} are not known: nothing was opened.", err=True)
    if done.unknown_years:
        sys.exit(1)


@schedule.cli.command("calendar")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@click.option("--by", required=True, help="Who says so: a sign-in of staff.")
def calendar(file: TextIO, by: str) -> None:
    """Read in the public holidays and worked weekends of a year, as the State Council announced them.

    FILE is JSON like clinic/centres/calendars/2026.json; `-` reads from the pipe. The worker
    then opens the year's days.
    """
    user, text = staff_of(by), file.read()
    try:
        year = in_one_transaction(lambda: years.add_year(text, by=user, now=clock.now()))
    except DomainError as error:
        raise CommandRefused(error) from error
    click.echo(f"The public holidays of {year} are known now; the worker opens its days.")


@schedule.cli.command("rule")
@click.argument("practitioner_id", type=int)
@click.argument("room_id", type=int)
@click.argument("services", nargs=-1, required=True)
@click.option("--weekdays", required=True, help="1 is Monday: 135 is Monday, Wednesday, Friday.")
@click.option("--opens", type=click.DateTime(["%H:%M"]), required=True)
@click.option("--closes", type=click.DateTime(["%H:%M"]), required=True)
@click.option("--slot-minutes", type=int, required=True)
@click.option("--from", "valid_from", type=DAY, required=True)
@click.option("--until", "valid_until", type=DAY)
@click.option("--capacity", type=int, default=1)
@click.option("--station", "stations", multiple=True, help="name:places:minutes, for a team.")
@click.option("--online", type=click.IntRange(0, 100), default=100, help="Percent.")
@click.option("--every-weeks", type=click.IntRange(1, 52), default=1)
@click.option("--by", required=True, help="Who says so: a sign-in of staff.")
def rule(
    practitioner_id: int,
    room_id: int,
    services: tuple[str, ...],
    weekdays: str,
    opens: datetime,
    closes: datetime,
    slot_minutes: int,
    valid_from: datetime,
    valid_until: datetime | None,
    capacity: int,
    stations: tuple[str, ...],
    online: int,
    every_weeks: int,
    by: str,
) -> None:
    """Add a weekly rule; `extend` or `work` opens its days."""
    if not set(weekdays) <= set("1234567"):
        raise click.BadParameter("digits from 1 to 7", param_hint="--weekdays")
    weekly = rota.Weekly(
        weekdays=tuple(int(weekday) - 1 for weekday in weekdays),
        opens=opens.time(),
        closes=closes.time(),
        slot_minutes=slot_minutes,
        valid_from=valid_from.date(),
        valid_until=valid_until.date() if valid_until else None,
        capacity=capacity,
        stations=tuple(_station(station) for station in stations),
        online_percent=online,
        every_weeks=every_weeks,
    )
    given = list(db.session.scalars(select(Service).where(Service.code.in_(services))))
    if len(given) != len(set(services)):
        raise click.ClickException("Not every one of these services is known.")
    staff = staff_of(by)
    practitioner, room = row_of(Practitioner, practitioner_id), row_of(Room, room_id)
    try:
        made = in_one_transaction(
            lambda: rota.add_rule(practitioner, room, given, weekly, by=staff, now=clock.now())
        )
    except DomainError as error:
        raise CommandRefused(error) from error
    click.echo(f"Rule {made.id} is added.")


def _station(text: str) -> rota.TeamStation:
    try:
        name, places, minutes = text.split(":")
        return rota.TeamStation(name, int(places), int(minutes))
    except ValueError as error:
        raise click.BadParameter(text, param_hint="--station") from error


def _change(change: kinds.Change, version: str | None, by: str) -> None:
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
    offers = [in_one_transaction(partial(new_times.offer_to, one, now=now)) for one in ids]
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
    _change(kinds.withdraw(row_of(ClinicSession, session_id)), version, by)


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
    for one in db.session.scalars(leaves.order_by(Leave.starts_at)):
        click.echo(f"leave {one.id}: practitioner {one.practitioner_id}, {_times(one)}")


def _times(row: Closure | Leave) -> str:
    starts, ends = (clock.local(moment) for moment in (row.starts_at, row.ends_at))
    return f"{starts:%Y-%m-%d %H:%M} to {ends:%Y-%m-%d %H:%M}"


@schedule.cli.command("new-times")
@click.option("--centre")
def list_new_times(centre: str | None) -> None:
    """Who needs a new time, who booked first, first; and how many times are kept for them."""
    for appointment in new_times.waiting(centre_of(centre).id if centre else None):
        click.echo(
            f"{line_of(appointment)}  {len(new_times.kept_for(appointment, now=clock.now()))} kept"
        )


@schedule.cli.command("policy")
@click.argument("settings", nargs=-1)
@click.option("--service")
@click.option("--centre")
@click.option("--show", is_flag=True, help="Only show what holds there.")
@click.option("--by", help="Who says so; needed to set something.")
def policy(
    settings: tuple[str, ...],
    service: str | None,
    centre: str | None,
    show: bool,
    by: str | None,
) -> None:
    """Set rules of booking, as NAME=JSON: `release_days=7 release_time='"18:00"'`."""
    given = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        try:
            given[name] = json.loads(value)
        except ValueError as error:
            raise click.BadParameter(setting) from error
    what = service_of(service) if service else None
    where, now = centre_of(centre) if centre else None, clock.now()
    if show:
        found = policy_for(what.id if what else 0, where.id if where else 0)
        click.echo(json.dumps(vars(found), default=str))
        return
    if not given or not by:
        raise click.UsageError("Say what to set and by whom, or --show.")
    staff = staff_of(by)

    def do() -> int:
        set_policy(given, service=what, centre=where, by=staff, now=now)
        everything = db.session.scalars(select(Service.id)).all()
        return release.reschedule([what.id] if what else everything, now=now)

    try:
        days = in_one_transaction(do)
    except DomainError as error:
        raise CommandRefused(error) from error
    click.echo(f"Set. {days} days that are not open yet follow it.")
