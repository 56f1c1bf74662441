"""`flask --app wsgi schedule …`: the rota, policies, the worker, and what the database promises."""

import json
import sys
import threading
from datetime import datetime
from typing import TextIO

import click
from flask import Blueprint
from sqlalchemy import select

from clinic import clock
from clinic.centres import years
from clinic.centres.models import Centre, Practitioner, Room, Service
from clinic.cli.asking import (
    DAY,
    CommandRefused,
    centre_of,
    line_of,
    row_of,
    service_of,
    staff_of,
)
from clinic.cli.tidying import EVERY, tidy
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.reservations.verify import broken_reservations
from clinic.scheduling.appointments import new_times
from clinic.scheduling.policies.stored import policy_for, set_policy
from clinic.scheduling.timetable import extending, release, rota
from clinic.scheduling.timetable.weekly import TeamStation, Weekly
from clinic.scheduling.verify import broken_ages, broken_promises
from clinic.scheduling.work import work
from clinic.services.room import rooms

schedule = Blueprint("schedule", __name__)
WORK_SECONDS = 15


@schedule.cli.command("verify")
def verify() -> None:
    """Read the whole database and report every broken promise; exit 1 if there is any."""
    now = clock.now()
    found = [
        *broken_promises(now=now),
        *broken_ages(now=now),
        *broken_reservations(),
        *(line for room in rooms() for line in room.broken(now)),
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
        if not done.is_unfinished:
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
            lambda: extending.extend(centres, first.date(), last.date(), now=clock.now())
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
    weekly = Weekly(
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
    given, staff = _services(services), staff_of(by)
    practitioner, room = row_of(Practitioner, practitioner_id), row_of(Room, room_id)
    try:
        made = in_one_transaction(
            lambda: rota.add_rule(practitioner, room, given, weekly, by=staff, now=clock.now())
        )
    except DomainError as error:
        raise CommandRefused(error) from error
    click.echo(f"Rule {made.id} is added.")


def _services(codes: tuple[str, ...]) -> list[Service]:
    given = list(db.session.scalars(select(Service).where(Service.code.in_(codes))))
    if len(given) != len(set(codes)):
        raise click.ClickException("Not every one of these services is known.")
    return given


def _station(text: str) -> TeamStation:
    try:
        name, places, minutes = text.split(":")
        return TeamStation(name, int(places), int(minutes))
    except ValueError as error:
        raise click.BadParameter(text, param_hint="--station") from error


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
