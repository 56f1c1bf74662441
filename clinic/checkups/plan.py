"""Which health check is next for children on record."""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import select

from clinic.centres.models import Service, ServiceKind
from clinic.checkups.due import Due, due, next_visit
from clinic.clock import clinic_day
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling.models import Appointment

HEALTH_CHECK = "health-check"  # the service's code


def dues_of(children: Collection[Child], on: date) -> Mapping[int, Due]:
    """The next check of each of these children, by id. One query.

    A finished appointment was the check that was open on its day.
    """
    days: dict[int, list[date]] = {one.id: [] for one in children}
    query = (
        select(Appointment.child_id, Appointment.starts_at)
        .join(Service, Service.id == Appointment.service_id)
        .where(
            Appointment.child_id.in_(days),
            Appointment.done_at.is_not(None),
            Service.kind == ServiceKind.CHECKUPS,
            Service.code == HEALTH_CHECK,
        )
        .order_by(Appointment.starts_at)
    )
    for child_id, starts_at in db.session.execute(query):
        days[child_id].append(clinic_day(starts_at))
    return {one.id: due(one.birth_date, on, checks_done(one, days[one.id])) for one in children}


def checks_done(child: Child, days: Collection[date]) -> list[str]:
    """The ids of the checks that were done on these days, in order."""
    done: list[str] = []
    for day in days:
        if visit := next_visit(child.birth_date, day, done):
            done.append(visit.id)
    return done
