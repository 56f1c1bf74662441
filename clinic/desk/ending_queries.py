"""What a day at a centre came to."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from clinic.centres.kinds import ServiceKind
from clinic.centres.models import Centre
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.desk.queries import marks_of
from clinic.scheduling.models import Appointment, Channel
from clinic.scheduling.queries import appointments
from clinic.scheduling.status import Status, status_of
from clinic.visits.models import DeskNote, Ticket, TicketStep
from clinic.visits.queries import queue
from clinic.visits.rules import State, Verb, whole_minutes
from clinic.visits.stations import stations

NOTES = 20


@dataclass(frozen=True)
class ServiceSummary:
    """A kind of service in the day's summary."""

    kind: ServiceKind
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
    marked_at = max((one.no_show_at for one in rows if one.no_show_at), default=None)
    expected = [one.starts_at for one in rows if status_of(one) is Status.BOOKED]
    return DaySummary(
        lines=_lines(rows),
        stations=_stations(centre, now),
        missing=[one for one in rows if marks.get(one.id) == "missing"],
        marked=[one for one in rows if marked_at and one.no_show_at == marked_at],
        unfinished=[one for one in rows if status_of(one) is Status.ARRIVED],
        open_tickets=[one for one in tickets if one.state is not State.OBSERVING],
        observed=[one for one in tickets if one.state is State.OBSERVING],
        expected_at=max((one for one in expected if one > now), default=None),
        notes=notes_of(centre),
    )


def _lines(rows: list[Appointment]) -> list[ServiceSummary]:
    return [
        ServiceSummary(
            kind,
            Counter(status_of(one) for one in those),
            sum(one.booking.channel is Channel.DESK for one in those),
        )
        for kind in ServiceKind
        if (those := [one for one in rows if one.service.kind is kind])
    ]


def _stations(centre: Centre, now: datetime) -> list[Served]:
    query = select(TicketStep).where(
        TicketStep.centre_id == centre.id, TicketStep.day == clinic_day(now)
    )
    steps = list(db.session.scalars(query))
    found = []
    for code in stations():
        waited = [
            one.at - one.since for one in steps if one.verb == Verb.CALL and one.station == code
        ]
        took = [timedelta(seconds=one.served or 0) for one in steps if one.served_at == code]
        if waited or took:
            found.append(Served(code, len(took), _minutes(waited), _minutes(took)))
    return found


def _minutes(lengths: list[timedelta]) -> int | None:
    if not lengths:
        return None
    return whole_minutes(timedelta(seconds=median(one.total_seconds() for one in lengths)))


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
