"""The times of a service at a centre on a day, kept in memory while nothing about them changes.

A schedule is as anybody finds it: what is a child's own (its age, its other appointments) comes on
top of it. It holds for as long as its version is the database's and no moment has come at which
time alone changes it: a hold expires, a day opens, a beginning comes too near.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from clinic.centres.models import Service
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.remembered import Remembered
from clinic.scheduling.policies.policy import Policy
from clinic.scheduling.search.catalogue import last_known
from clinic.scheduling.search.family import DayVersions
from clinic.scheduling.search.together import ChildObjections, Trip
from clinic.scheduling.verdict import rules
from clinic.scheduling.verdict.slot_times import (
    Found,
    SlotTime,
    runs,
    search,
)

DAYS = (
    30  # ahead, of which each service at each centre has a schedule in memory; then the oldest go
)
Key = tuple[int, int, date]  # service, centre, day


@dataclass
class DaySchedule:
    """What there is, and what is free, from `since` until `until`."""

    of: Key
    version: str
    since: datetime
    until: datetime
    offers: tuple[SlotTime, ...] = ()
    free: tuple[Trip, ...] = ()
    shown: dict[object, Any] = field(default_factory=dict)  # what pages made of it

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from any other."""
        return (*self.of, self.version, self.since)

    @cached_property
    def beginnings(self) -> int:
        """At how many moments something is free."""
        return len({trip.starts_at for trip in self.free})


_schedules: Remembered[Key, DaySchedule] = Remembered()


def schedules_of(
    service: Service,
    centre_ids: Collection[int],
    days: Collection[date],
    versions: DayVersions,
    policy_of: Callable[[int, int], Policy],
    *,
    now: datetime,
) -> Mapping[tuple[int, date], DaySchedule]:
    """The schedules of these centres and days, of these versions: from memory, else in one query."""
    wanted = {
        (service.id, centre_id, day): versions.of(centre_id, day)
        for centre_id in centre_ids
        for day in days
    }
    found = {
        (centre_id, day): schedule
        for (_, centre_id, day), schedule in _schedules.all_at(wanted).items()
        if schedule.since <= now < schedule.until
    }
    missing = [(centre_id, day) for _, centre_id, day in wanted if (centre_id, day) not in found]
    if missing:
        read = _read(service, missing, versions, policy_of, now)
        found |= read
        most = DAYS * last_known().offered
        for schedule in read.values():
            _schedules.put(schedule.of, schedule.version, schedule, most=most)
    return found


def free_on(
    schedules: Mapping[tuple[int, date], DaySchedule], against: ChildObjections
) -> list[SlotTime]:
    """The free times of these centres and days against which nothing of the child's own stands, in order."""
    free = (
        trip.offers[0]
        for (centre_id, day), schedule in schedules.items()
        if schedule.free and not against.all_day(day, centre_id)
        for trip in schedule.free
        if not against.elsewhere(trip.offers[0], day)
    )
    return sorted(free, key=lambda one: (one.starts_at, one.centre_id, one.slot_id))


def _read(
    service: Service,
    wanted: Collection[tuple[int, date]],
    versions: DayVersions,
    policy_of: Callable[[int, int], Policy],
    now: datetime,
) -> dict[tuple[int, date], DaySchedule]:
    days = {day for _, day in wanted}
    start, end = day_bounds(min(days))[0], day_bounds(max(days))[1]
    query = search(service.id, sorted({centre_id for centre_id, _ in wanted}), start, end)
    rows: dict[tuple[int, date], list[Found]] = {key: [] for key in wanted}
    for row in db.session.execute(query):
        key = row.centre_id, clinic_day(row.starts_at)
        if key in rows:
            rows[key].append(row)
    return {
        (centre_id, day): _schedule(
            (service.id, centre_id, day),
            service.minutes,
            those,
            versions.of(centre_id, day),
            policy_of(service.id, centre_id),
            now,
        )
        for (centre_id, day), those in rows.items()
    }


def _schedule(
    of: Key,
    minutes: int,
    rows: Sequence[Found],
    version: str,
    policy: Policy,
    now: datetime,
) -> DaySchedule:
    slot_times = tuple(runs(rows, minutes, is_free=lambda row: _is_free(row, now)))
    anybody = rules.Applicant(of[2], 0, 0, online=True, policy=policy)
    return DaySchedule(
        of=of,
        version=version,
        since=now,
        until=min(_moments(rows, policy, now), default=datetime.max.replace(tzinfo=now.tzinfo)),
        offers=slot_times,
        free=tuple(
            Trip((slot_time,))
            for slot_time in slot_times
            if slot_time.is_free and rules.time_objection(anybody, slot_time, now) is None
        ),
    )


def _is_free(row: Found, now: datetime) -> bool:
    return row.free_from <= now and row.opens_at <= now and not row.closed


def _moments(rows: Iterable[Found], policy: Policy, now: datetime) -> Iterable[datetime]:
    """When time alone changes what these rows offer."""
    notice = timedelta(minutes=policy.notice_to_book) - timedelta.resolution
    for row in rows:
        # Until a notice before it begins, that moment included, it can be booked.
        for moment in (row.free_from, row.opens_at, row.starts_at - notice, row.starts_at):
            if moment > now:
                yield moment
