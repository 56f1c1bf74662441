"""Which health check is next for children on record."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Date, String, cast, func, null, select

from clinic.centres.models import Service
from clinic.checkups.due.next_check import NextCheck, due, next_check_age
from clinic.checkups.models import CheckVisit
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling.models import Appointment

HEALTH_CHECK = "health-check"  # the service's code


class CheckMade(NamedTuple):
    """A check that was made: when, and which one if its record says so."""

    on: date
    visit: str | None
    at: datetime  # when that was on record


def dues_of(children: Collection[Child], on: date) -> Mapping[int, NextCheck]:
    """The next check of each of these children, by id. One query."""
    made = made_of([child.id for child in children])
    return {
        child.id: due(child.birth_date, on, checks_done(child, made[child.id]))
        for child in children
    }


def checks_booked(child_ids: Collection[int], *, today: date) -> Mapping[int, list[date]]:
    """The days of the health checks that are booked, by child, earliest first. One query."""
    query = (
        select(Appointment.child_id, Appointment.starts_at)
        .join(Service, Service.id == Appointment.service_id)
        .where(
            Appointment.child_id.in_(child_ids),
            Appointment.starts_at >= day_bounds(today)[0],
            func.coalesce(
                Appointment.cancelled_at,
                Appointment.no_show_at,
                Appointment.done_at,
                Appointment.displaced_at,
            ).is_(None),
            Service.kind == "checkups",
            Service.code == HEALTH_CHECK,
        )
        .order_by(Appointment.starts_at)
    )
    days: dict[int, list[date]] = {child_id: [] for child_id in child_ids}
    for child_id, starts_at in db.session.execute(query):
        days[child_id].append(clinic_day(starts_at))
    return days


def made_of(child_ids: Collection[int]) -> Mapping[int, list[CheckMade]]:
    """The checks that were made of these children, by day. One query.

    A finished check says which one it was. A finished appointment that left no finished check
    was the check that was open on its day.
    """
    recorded = select(
        CheckVisit.child_id,
        cast(null(), Appointment.starts_at.type).label("starts_at"),
        CheckVisit.done_on,
        CheckVisit.visit,
        CheckVisit.finished_at.label("at"),
    ).where(CheckVisit.child_id.in_(child_ids), CheckVisit.finished_at.is_not(None))
    has_record = (
        select(CheckVisit.id)
        .where(CheckVisit.appointment_id == Appointment.id, CheckVisit.finished_at.is_not(None))
        .exists()
    )
    unrecorded = (
        select(
            Appointment.child_id,
            Appointment.starts_at,
            cast(null(), Date),
            cast(null(), String),
            Appointment.done_at,
        )
        .join(Service, Service.id == Appointment.service_id)
        .where(
            Appointment.child_id.in_(child_ids),
            Appointment.done_at.is_not(None),
            Service.kind == "checkups",
            Service.code == HEALTH_CHECK,
            ~has_record,
        )
    )
    made: dict[int, list[CheckMade]] = {child_id: [] for child_id in child_ids}
    rows = db.session.execute(recorded.union_all(unrecorded))
    for child_id, starts_at, done_on, visit, at in rows:
        made[child_id].append(CheckMade(done_on or clinic_day(starts_at), visit, at))
    return {child_id: sorted(rows, key=lambda one: one.on) for child_id, rows in made.items()}


def checks_done(child: Child, made: Collection[CheckMade]) -> list[str]:
    """The ids of the checks that were made, in order."""
    done: list[str] = []
    for one in made:
        if one.visit:
            done.append(one.visit)
        elif check_age := next_check_age(child.birth_date, one.on, done):
            done.append(check_age.id)
    return done
