"""What a child has booked and missed: what counts against another time for it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import bindparam, func, select

from clinic.centres.models import Service
from clinic.clock import clinic_day
from clinic.db import UTCDateTime, db
from clinic.prepared import Prepared
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

Made = Any  # the row of an appointment
ALL_MADE = select(
    _made.id,
    _made.child_id,
    _made.starts_at,
    _made.ends_at,
    _made.service_id,
    _made.no_show_at,
    _made.displaced_at,
).where(
    _made.starts_at > bindparam("since", type_=UTCDateTime()),
    _made.cancelled_at.is_(None),
)
DIARY = Prepared(ALL_MADE.where(_made.child_id == bindparam("child_id")))
DIARIES = ALL_MADE.where(_made.child_id.in_(bindparam("child_ids", expanding=True)))


def diary_of(child_id: int, *, now: datetime, except_for: Collection[int] = ()) -> Diary:
    """The child's appointments, but for the one being moved. Two queries at most."""
    made = DIARY.all(child_id=child_id, since=now - LONGEST_MEMORY)
    rows = [row for row in made if row.id not in except_for]
    has_missed = any(row.no_show_at is not None for row in rows)
    return _diary(rows, _lifted([child_id]).get(child_id) if has_missed else None)


def diaries_of(child_ids: Collection[int], *, now: datetime) -> Mapping[int, Diary]:
    """The diary of each of these children. Two queries at most."""
    db.session.flush()
    rows: dict[int, list[Made]] = {child_id: [] for child_id in child_ids}
    for row in db.session.execute(
        DIARIES, {"child_ids": list(child_ids), "since": now - LONGEST_MEMORY}
    ):
        rows[row.child_id].append(row)
    missed = {
        child_id
        for child_id, theirs in rows.items()
        if any(row.no_show_at is not None for row in theirs)
    }
    lifted = _lifted(missed) if missed else {}
    return {child_id: _diary(theirs, lifted.get(child_id)) for child_id, theirs in rows.items()}


def _lifted(child_ids: Collection[int]) -> Mapping[int, datetime]:
    """When the last pause of each of these children was lifted; without those who never had one lifted."""
    lifts = (
        select(PauseLift.child_id, func.max(PauseLift.at))
        .where(PauseLift.child_id.in_(child_ids))
        .group_by(PauseLift.child_id)
    )
    return {row[0]: row[1] for row in db.session.execute(lifts)}


def _diary(rows: Sequence[Made], lifted: datetime | None) -> Diary:
    missed = [row.starts_at for row in rows if row.no_show_at is not None]
    live = [row for row in rows if row.no_show_at is None and row.displaced_at is None]
    return Diary(
        live=tuple((row.starts_at, row.ends_at, row.service_id) for row in live),
        absences=tuple(moment for moment in missed if lifted is None or moment > lifted),
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
