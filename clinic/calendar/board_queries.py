"""What a calendar shows of some days: as many queries for one session as for a hundred."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from clinic.calendar.board import Block
from clinic.calendar.scope import Scope
from clinic.centres.days import holiday_on
from clinic.centres.models import AdjustedDay, Closure
from clinic.centres.years import calendars_between
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.i18n import name_of
from clinic.scheduling.models import Appointment, ClinicSession, Slot
from clinic.scheduling.queries import appointments, services_given

TICK = timedelta(minutes=2)  # so often time alone moves the now-line and the minutes waited


def appointments_between(scope: Scope, start: datetime, end: datetime) -> list[Appointment]:
    """The appointments that begin in [start, end), earliest first."""
    return list(db.session.scalars(appointments().where(*scope.appointments(start, end))))


def blocks_between(
    scope: Scope, start: datetime, end: datetime, *, now: datetime | None = None
) -> list[Block]:
    """The sessions that begin in [start, end), with what is taken of their open places.

    With `now` also the times that are free and begin later, by one query more.
    """
    rows = db.session.execute(
        select(ClinicSession, func.sum(Slot.taken), func.sum(Slot.capacity))
        .join(Slot, Slot.clinic_session_id == ClinicSession.id)
        .where(*scope.sessions(start, end), Slot.closed_at.is_(None))
        .group_by(ClinicSession.id)
        .order_by(ClinicSession.starts_at, ClinicSession.id)
        .options(selectinload(ClinicSession.room), selectinload(ClinicSession.practitioner))
    ).all()
    given = services_given([row[0].id for row in rows])
    free = _free(scope, start, end, now) if now else {}
    return [
        Block(one, taken, places, given[one.id], free.get(one.id, ()))
        for one, taken, places in rows
    ]


def _free(
    scope: Scope, start: datetime, end: datetime, now: datetime
) -> Mapping[int, Sequence[datetime]]:
    """By session, when its open slots begin that have a place and are still to come. One query."""
    query = (
        select(ClinicSession.id, Slot.starts_at)
        .join(Slot, Slot.clinic_session_id == ClinicSession.id)
        .where(*scope.sessions(start, end), Slot.closed_at.is_(None))
        .where(Slot.taken < Slot.capacity, Slot.starts_at > now)
        .order_by(Slot.starts_at)
    )
    found: dict[int, list[datetime]] = {}
    for session_id, starts_at in db.session.execute(query):
        found.setdefault(session_id, []).append(starts_at)
    return found


def loads_between(
    scope: Scope, start: datetime, end: datetime
) -> Mapping[date, Sequence[tuple[int, int]]]:
    """By day, the (taken, places) of each session. One query."""
    rows = db.session.execute(
        select(ClinicSession.starts_at, func.sum(Slot.taken), func.sum(Slot.capacity))
        .join(Slot, Slot.clinic_session_id == ClinicSession.id)
        .where(*scope.sessions(start, end), Slot.closed_at.is_(None))
        .group_by(ClinicSession.id, ClinicSession.starts_at)
    )
    found: dict[date, list[tuple[int, int]]] = {}
    for starts_at, taken, places in rows:
        found.setdefault(clinic_day(starts_at), []).append((taken, places))
    return found


def waiting_now(scope: Scope, day: date) -> int:
    """How many children of that day have come and are not done. One query."""
    query = select(func.count(Appointment.id)).where(
        *scope.appointments(*day_bounds(day)),
        Appointment.arrived_at.is_not(None),
        Appointment.done_at.is_(None),
        Appointment.no_show_at.is_(None),
    )
    return db.session.scalar(query) or 0


def shut_days(scope: Scope, first: date, days: int) -> Mapping[date, list[str]]:
    """Why these days are not as usual: public holidays, closures, another day's timetable."""
    start, end = day_bounds(first, days)
    said: dict[date, list[str]] = {first + timedelta(days=n): [] for n in range(days)}
    known = calendars_between(first, first + timedelta(days=days))
    for day in said:
        holiday = holiday_on(day, known)
        said[day] += [name_of(holiday)] if holiday else []
    closures = select(Closure).where(
        Closure.centre_id.in_(scope.centre_ids),
        Closure.lifted_at.is_(None),
        Closure.starts_at < end,
        Closure.ends_at > start,
    )
    for closure in db.session.scalars(closures.order_by(Closure.starts_at, Closure.id)):
        for day, reasons in said.items():
            begins, over = day_bounds(day)
            if closure.starts_at < over and closure.ends_at > begins:
                reasons.append(name_of(closure, "reason"))
    return said


def worked_as(scope: Scope, first: date, days: int) -> Mapping[date, int | None]:
    """The days that a centre decided about for itself: by which weekday's timetable, or shut."""
    last = first + timedelta(days=days - 1)
    query = select(AdjustedDay).where(
        AdjustedDay.centre_id.in_(scope.centre_ids), AdjustedDay.day.between(first, last)
    )
    return {adjusted_day.day: adjusted_day.works_as for adjusted_day in db.session.scalars(query)}


def made_of(scope: Scope, start: datetime, end: datetime, *, now: datetime) -> object:
    """What a board is made of: the same again means the same board. Two queries.

    Every change of an appointment raises its version; every place taken is counted in its slot.
    """
    visits = db.session.execute(
        select(func.count(), func.sum(Appointment.version), func.max(Appointment.id)).where(
            *scope.appointments(start, end)
        )
    ).one()
    slots = db.session.execute(
        select(
            func.count(Slot.id),
            func.sum(Slot.taken),
            func.sum(Slot.capacity),
            func.max(Slot.closed_at),
            func.max(ClinicSession.id),
        )
        .join(ClinicSession, ClinicSession.id == Slot.clinic_session_id)
        .where(*scope.sessions(start, end), Slot.closed_at.is_(None))
    ).one()
    tick = int(now.timestamp() // TICK.total_seconds())
    return tuple(visits), tuple(slots), tick, scope.asked
