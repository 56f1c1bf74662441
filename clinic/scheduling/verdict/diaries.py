"""What a child has booked and missed: what counts against another time for it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from sqlalchemy import bindparam, func, select

from clinic.centres.models import Service
from clinic.clock import clinic_day
from clinic.db import UTCDateTime, db
from clinic.scheduling.models import (
    Appointment,
    PauseLift,
)

LONGEST_MEMORY = timedelta(days=366)  # of missed visits


@dataclass(frozen=True)
class Diary:
    """What a child has booked and missed, as the rules need it."""

    live: tuple[tuple[datetime, datetime, int], ...] = ()  # starts_at, ends_at, service
    absences: tuple[datetime, ...] = ()  # missed visits that count

    @property
    def times(self) -> list[tuple[datetime, datetime]]:
        return [(starts_at, ends_at) for starts_at, ends_at, _ in self.live]

    def with_more(self, times: Iterable[tuple[datetime, datetime, int]]) -> "Diary":
        """This diary with more in it: (starts_at, ends_at, service) of each."""
        return replace(self, live=(*self.live, *times))

    def days_of(self, service: Service) -> tuple[date, ...]:
        return tuple(clinic_day(starts) for starts, _, which in self.live if which == service.id)


class Patient(Protocol):
    """A child as the rules need it."""

    @property
    def id(self) -> int: ...

    @property
    def birth_date(self) -> date: ...


@dataclass(frozen=True, slots=True)
class FamilyChild:
    """A child as the search of times needs it."""

    id: int
    name: str
    birth_date: date
    diary: Diary


_made = Appointment.__table__.c

DIARY = select(
    _made.starts_at,
    _made.ends_at,
    _made.service_id,
    _made.no_show_at,
    _made.displaced_at,
).where(
    _made.child_id == bindparam("child_id"),
    _made.starts_at > bindparam("since", type_=UTCDateTime()),
    _made.cancelled_at.is_(None),
)


def diary_of(child_id: int, *, now: datetime, except_for: Collection[int] = ()) -> Diary:
    """The child's appointments, but for the one being moved. Two queries at most."""
    query = DIARY
    if except_for:
        query = query.where(_made.id.not_in(except_for))
    db.session.flush()
    rows = db.session.execute(query, {"child_id": child_id, "since": now - LONGEST_MEMORY}).all()
    missed = [row.starts_at for row in rows if row.no_show_at is not None]
    if missed:
        lifts = select(func.max(PauseLift.at)).where(PauseLift.child_id == child_id)
        lifted = db.session.scalar(lifts)
        missed = [one for one in missed if lifted is None or one > lifted]
    live = [row for row in rows if row.no_show_at is None and row.displaced_at is None]
    return Diary(
        live=tuple((row.starts_at, row.ends_at, row.service_id) for row in live),
        absences=tuple(missed),
    )


def child_times(
    child_id: int, *, except_for: Collection[int] = ()
) -> list[tuple[datetime, datetime]]:
    """The [start, end) of a child's live appointments."""
    query = select(Appointment.starts_at, Appointment.ends_at).where(
        Appointment.child_id == child_id,
        Appointment.cancelled_at.is_(None),
        Appointment.no_show_at.is_(None),
        Appointment.displaced_at.is_(None),
    )
    if except_for:
        query = query.where(Appointment.id.not_in(except_for))
    return [(row.starts_at, row.ends_at) for row in db.session.execute(query)]
