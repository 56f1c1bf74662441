"""What a day at a centre came to."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from clinic.centres.models import Centre
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.desk.queries import marks_of
from clinic.scheduling.models import Appointment, Channel
from clinic.scheduling.queries import appointments
from clinic.scheduling.status import Status, status_of
from clinic.services.room import rooms
from clinic.visits.models import DeskNote, Ticket, TicketStep
from clinic.visits.queries import queue
from clinic.visits.rules import State, Verb, whole_minutes
from clinic.visits.stations import stations

NOTES = 20


@dataclass(frozen=True)
class ServiceSummary:
    """A kind of service in the day's summary."""

    kind: str
    standing: Counter[Status]
    walk_ins: int


@dataclass(frozen=True)
class Served:
    """A station in the day's summary: how many it served, and median minutes of waiting and serving."""

    station: str
    served: int
    waited: int | None
    took: int | None


@dataclass(frozen=True)
class DaySummary:
    """Everything that the page at the end of the day shows."""

    lines: list[ServiceSummary]
    stations: list[Served]
    missing: list[Appointment]  # proposed as missed
    marked: list[Appointment]  # as missed, with the last press that did so
    unfinished: list[Appointment]  # here, and nobody has finished the visit
    open_tickets: list[Ticket]  # but for who is observed
    observed: list[Ticket]
    expected_at: datetime | None  # when the last visit that is still expected begins
    notes: list[DeskNote]


def day_at(centre: Centre, now: datetime) -> DaySummary:
    """How the centre's day stands. As many queries for one visit as for a hundred."""
    start, end = day_bounds(clinic_day(now))
    query = appointments().where(
        Appointment.centre_id == centre.id,
        Appointment.starts_at >= start,
        Appointment.starts_at < end,
    )
    rows = list(db.session.scalars(query))
    marks = marks_of(rows, set(), now)
    tickets = queue(centre.id, clinic_day(now))
    marked_at = max((row.no_show_at for row in rows if row.no_show_at), default=None)
    expected = [row.starts_at for row in rows if status_of(row) is Status.BOOKED]
    return DaySummary(
        lines=_lines(rows),
        stations=_stations(centre, now),
        missing=[row for row in rows if marks.get(row.id) == "missing"],
        marked=[row for row in rows if marked_at and row.no_show_at == marked_at],
        unfinished=[row for row in rows if status_of(row) is Status.ARRIVED],
        open_tickets=[ticket for ticket in tickets if ticket.state is not State.OBSERVING],
        observed=[ticket for ticket in tickets if ticket.state is State.OBSERVING],
        expected_at=max((moment for moment in expected if moment > now), default=None),
        notes=notes_of(centre),
    )


def _lines(rows: list[Appointment]) -> list[ServiceSummary]:
    return [
        ServiceSummary(
            kind,
            Counter(status_of(appointment) for appointment in those),
            sum(appointment.booking.channel is Channel.DESK for appointment in those),
        )
        for kind in [room.kind for room in rooms()]
        if (those := [row for row in rows if row.service.kind == kind])
    ]


def _stations(centre: Centre, now: datetime) -> list[Served]:
    query = select(TicketStep).where(
        TicketStep.centre_id == centre.id, TicketStep.day == clinic_day(now)
    )
    steps = list(db.session.scalars(query))
    found = []
    for code in stations():
        waited = [
            step.at - step.since
            for step in steps
            if step.verb == Verb.CALL and step.station == code
        ]
        took = [timedelta(seconds=step.served or 0) for step in steps if step.served_at == code]
        if waited or took:
            found.append(Served(code, len(took), _minutes(waited), _minutes(took)))
    return found


def _minutes(lengths: list[timedelta]) -> int | None:
    if not lengths:
        return None
    return whole_minutes(timedelta(seconds=median(length.total_seconds() for length in lengths)))


def notes_of(centre: Centre) -> list[DeskNote]:
    """The last notes of this centre's desk, the latest first."""
    query = (
        select(DeskNote)
        .where(DeskNote.centre_id == centre.id)
        .options(joinedload(DeskNote.by))
        .order_by(DeskNote.at.desc(), DeskNote.id.desc())
        .limit(NOTES)
    )
    return list(db.session.scalars(query))
