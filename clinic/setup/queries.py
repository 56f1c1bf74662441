"""What is planned at a centre, and what is planned against it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from clinic.centres.doors import shut_on
from clinic.centres.models import AdjustedDay, Centre, Closure, OpeningHours
from clinic.clock import clinic_day, local
from clinic.db import db
from clinic.scheduling.models import ClinicSession, Slot


@dataclass(frozen=True)
class Outside:
    """Sessions to come that lie outside some opening hours, and the places taken in them."""

    sessions: int
    taken: int
    first: datetime


def sessions_outside(centre: Centre, doors: list[OpeningHours], *, now: datetime) -> Outside | None:
    """The sessions that lie within the centre's hours today and not within those; None without any.

    One statement.
    """
    query = (
        select(ClinicSession.starts_at, ClinicSession.ends_at, func.sum(Slot.taken))
        .join(Slot, Slot.clinic_session_id == ClinicSession.id)
        .where(
            ClinicSession.centre_id == centre.id,
            ClinicSession.withdrawn_at.is_(None),
            ClinicSession.ends_at > now,
        )
        .group_by(ClinicSession.id, ClinicSession.starts_at, ClinicSession.ends_at)
        .order_by(ClinicSession.starts_at)
    )
    lost = [
        (starts_at, taken or 0)
        for starts_at, ends_at, taken in db.session.execute(query)
        if not _fits(doors, starts_at, ends_at) and _fits(centre.opening_hours, starts_at, ends_at)
    ]
    if not lost:
        return None
    return Outside(len(lost), sum(taken for _, taken in lost), lost[0][0])


def _fits(doors: list[OpeningHours], starts_at: datetime, ends_at: datetime) -> bool:
    begins, ends = local(starts_at), local(ends_at)
    return not shut_on(doors, [begins.weekday()], begins.time(), ends.time())


def coming_closures(centre: Centre, *, now: datetime) -> list[Closure]:
    """The closures of a centre or its rooms that are not over, earliest first."""
    query = select(Closure).where(
        Closure.centre_id == centre.id, Closure.lifted_at.is_(None), Closure.ends_at > now
    )
    return list(db.session.scalars(query.order_by(Closure.starts_at, Closure.id)))


def coming_adjusted_days(centre: Centre, *, now: datetime) -> list[AdjustedDay]:
    """The days to come on which a centre works by another weekday's timetable, or not at all."""
    query = select(AdjustedDay).where(
        AdjustedDay.centre_id == centre.id, AdjustedDay.day >= clinic_day(now)
    )
    return list(db.session.scalars(query.order_by(AdjustedDay.day)))
