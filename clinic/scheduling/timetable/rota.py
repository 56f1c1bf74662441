"""The rota: weekly rules turned into sessions and slots, again and again without harm.

A rule opens a day once: what a manager did to that session afterwards stays. Sessions opened by
hand stand beside the rota, and go before it. Days of a year whose public holidays are not known
are not opened, unless the centre has decided about them itself, and the answer says so.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.days import NoCalendar, timetable
from clinic.centres.models import AdjustedDay, Centre, Practitioner, Room, Service
from clinic.centres.years import calendars_between
from clinic.clock import at, clinic_day, day_bounds
from clinic.db import broken_promise, db
from clinic.errors import DomainError
from clinic.scheduling.models import ClinicSession, RotaRule
from clinic.scheduling.policies import longest_release, policies
from clinic.scheduling.timetable.closings import Why
from clinic.scheduling.timetable.opening import (
    EndsBeforeItBegins,
    NoPlaces,
    NotGivenHere,
    NoWholeSlot,
    PractitionerBusy,
    RoomBusy,
    SlotsToMake,
    add_slots,
    cut,
    is_given,
    one_at_a_time,
    online_places,
)
from clinic.scheduling.timetable.shut import Shut
from clinic.sentences import mark

HORIZON = timedelta(days=28)  # at least; see `horizon`
FIRST_MONDAY = date(2024, 1, 1)  # weeks are counted from here
BATCH = 2000  # sessions in one statement


class OverlappingRule(DomainError):
    message = mark(
        "Another rule already uses this clinician or room at that time (from %(opens)s)."
    )


class NoWeekday(DomainError):
    message = mark("Choose at least one weekday.")


class NeverValid(DomainError):
    message = mark("The last day must not be before the first.")


@dataclass(frozen=True)
class TeamStation:
    """What every child passes: so many places, and the minutes that a child needs there."""

    name: str
    places: int
    minutes: int


@dataclass(frozen=True)
class Weekly:
    """A weekly template. `every_weeks` counts from the week of `valid_from`; no end is `None`."""

    weekdays: tuple[int, ...]  # Monday is 0
    opens: time
    closes: time
    slot_minutes: int
    valid_from: date
    valid_until: date | None = None
    capacity: int = 1
    stations: tuple[TeamStation, ...] = ()
    online_percent: int = 100
    every_weeks: int = 1


def team_capacity(stations: Sequence[TeamStation], slot_minutes: int) -> int:
    """How many children pass the narrowest station in one slot. Pure."""
    if any(station.places < 1 or station.minutes < 1 for station in stations):
        return 0
    return min(station.places * slot_minutes // station.minutes for station in stations)


def week_of(day: date) -> int:
    """The number of the day's week. Pure."""
    return (day - FIRST_MONDAY).days // 7


def applies(rule: Weekly | RotaRule, day: date, weekday: int) -> bool:
    """Whether the rule opens that day, on which the centre works by that weekday's timetable. Pure."""
    return (
        weekday in rule.weekdays
        and rule.valid_from <= day
        and (rule.valid_until is None or day <= rule.valid_until)
        and (week_of(day) - week_of(rule.valid_from)) % rule.every_weeks == 0
    )


def rules_meet(a: Weekly | RotaRule, b: Weekly | RotaRule) -> bool:
    """Whether two weekly templates ever share a moment, going by ordinary weeks. Pure."""
    if not set(a.weekdays) & set(b.weekdays):
        return False
    if a.closes <= b.opens or b.closes <= a.opens:
        return False
    first = max(a.valid_from, b.valid_from)
    last = min(a.valid_until or date.max, b.valid_until or date.max)
    # After so many weeks the two patterns repeat.
    span = math.lcm(a.every_weeks, b.every_weeks) * 7
    end = min(last, first + timedelta(days=span - 1)) if first <= last else first
    days = (first + timedelta(days=n) for n in range((end - first).days + 1))
    return first <= last and any(
        applies(a, day, day.weekday()) and applies(b, day, day.weekday()) for day in days
    )


def add_rule(
    practitioner: Practitioner,
    room: Room,
    services: Sequence[Service],
    weekly: Weekly,
    *,
    by: Person,
    now: datetime,
) -> RotaRule:
    """Add a rule; `extend` opens its days. Raises a DomainError that says what cannot be."""
    if weekly.closes <= weekly.opens:
        raise EndsBeforeItBegins
    if not weekly.weekdays:
        raise NoWeekday
    if weekly.valid_until is not None and weekly.valid_until < weekly.valid_from:
        raise NeverValid
    if not is_given(practitioner, room, services):
        raise NotGivenHere
    if not _times(weekly, weekly.valid_from):
        raise NoWholeSlot
    capacity = weekly.capacity
    if weekly.stations:
        capacity = team_capacity(weekly.stations, weekly.slot_minutes)
    if capacity < 1:
        raise NoPlaces
    one_at_a_time([practitioner.centre_id])
    for other in rules_of([practitioner.centre_id]):
        same = other.practitioner_id == practitioner.id or other.room_id == room.id
        if same and rules_meet(weekly, other):
            raise OverlappingRule(opens=f"{other.opens:%H:%M}")
    rule = RotaRule(
        centre_id=practitioner.centre_id,
        practitioner_id=practitioner.id,
        room_id=room.id,
        weekdays=sorted(set(weekly.weekdays)),
        opens=weekly.opens,
        closes=weekly.closes,
        slot_minutes=weekly.slot_minutes,
        stations=[vars(station) for station in weekly.stations],
        capacity=capacity,
        online_percent=weekly.online_percent,
        every_weeks=weekly.every_weeks,
        valid_from=weekly.valid_from,
        valid_until=weekly.valid_until,
        made_at=now,
        made_by_id=by.id,
        services=list(services),
    )
    db.session.add(rule)
    db.session.flush()
    audit.record("add_rule", rule, by=by.id, now=now, centre_id=rule.centre_id)
    db.session.flush()
    return rule


def rules_of(centre_ids: Iterable[int]) -> list[RotaRule]:
    """The rules of these centres, but those that never begin."""
    query = (
        select(RotaRule)
        .where(RotaRule.centre_id.in_(list(centre_ids)), RotaRule.cancelled_at.is_(None))
        .order_by(RotaRule.id)
        .options(selectinload(RotaRule.services))
    )
    return list(db.session.scalars(query))


def _times(rule: Weekly | RotaRule, day: date) -> list[tuple[datetime, datetime]]:
    return list(cut(at(day, rule.opens), at(day, rule.closes), rule.slot_minutes))


@dataclass(frozen=True)
class Conflict:
    """A day that a rule could not open, because something by hand is there."""

    rule: RotaRule
    day: date


@dataclass
class Extended:
    """What `extend` did: sessions and slots made, days it could not open, years it does not know."""

    sessions: int = 0
    slots: int = 0
    conflicts: list[Conflict] = field(default_factory=list)
    unknown_years: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class _Planned:
    rule: RotaRule
    day: date
    times: tuple[tuple[datetime, datetime], ...]
    shut: tuple[tuple[Why, ...], ...]


def horizon() -> timedelta:
    """So far ahead sessions are made: as far as any service opens online, and four weeks at least."""
    return max(HORIZON, timedelta(days=longest_release()))


def extend(centres: Sequence[Centre], first: date, last: date, *, now: datetime) -> Extended:
    """Open every day from `first` to `last` that the rules of these centres give and nobody opened yet.

    A day shut for the public is not opened; hours in which the centre, the room or the
    practitioner is away are made shut, so that they can be opened again. Raises NeverValid, and
    PractitionerBusy or RoomBusy when somebody opened a session by hand at this very moment.
    """
    if last < first:
        raise NeverValid
    centre_ids = [centre.id for centre in centres]
    years = set(range(first.year, last.year + 1))
    done = Extended(unknown_years=sorted(years - set(calendars_between(first, last))))
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    rules = rules_of(centre_ids)
    if not rules:
        return done
    one_at_a_time(centre_ids)
    opened = _opened(rules, days)
    shut = Shut(centre_ids, days)
    taken = _Taken(centre_ids, days)
    planned = []
    for rule, day in _due(rules, days):
        if (rule.id, day) in opened:
            continue
        times = tuple(_times(rule, day))
        is_shut = shut.why(rule.centre_id, rule.room_id, rule.practitioner_id, times)
        one = _Planned(rule, day, times, is_shut)
        if all(is_shut) or taken.add(one):
            planned.append(one)
        else:
            done.conflicts.append(Conflict(rule, day))
    for start in range(0, len(planned), BATCH):
        _open(planned[start : start + BATCH], now)
    done.sessions = len(planned)
    done.slots = sum(len(session.times) for session in planned)
    return done


def _due(rules: Sequence[RotaRule], days: Sequence[date]) -> Iterator[tuple[RotaRule, date]]:
    """Each rule with each day on which it applies, as the rule's centre works that day."""
    for centre_id, weekdays in timetables({rule.centre_id for rule in rules}, days).items():
        theirs = [rule for rule in rules if rule.centre_id == centre_id]
        for day, weekday in weekdays.items():
            for rule in theirs if weekday is not None else ():
                if applies(rule, day, weekday):  # type: ignore[arg-type] # not None here
                    yield rule, day


def timetables(
    centre_ids: Iterable[int], days: Sequence[date]
) -> Mapping[int, Mapping[date, int | None]]:
    """The weekday by which each centre works each of these days; None: it is shut.

    A day of a year without a calendar is left out, unless the centre itself has decided about it.
    """
    ids = sorted(set(centre_ids))
    adjusted, known = adjusted_days(ids, days), calendars_between(days[0], days[-1])
    found: dict[int, dict[date, int | None]] = {centre_id: {} for centre_id in ids}
    for centre_id, weekdays in found.items():
        for day in days:
            with suppress(NoCalendar):
                weekdays[day] = timetable(day, adjusted.get(centre_id, {}), known)
    return found


def adjusted_days(
    centre_ids: Iterable[int], days: Sequence[date]
) -> Mapping[int, Mapping[date, int | None]]:
    """What each centre decided for itself about these days."""
    query = select(AdjustedDay).where(
        AdjustedDay.centre_id.in_(list(centre_ids)), AdjustedDay.day.between(days[0], days[-1])
    )
    found: dict[int, dict[date, int | None]] = {}
    for row in db.session.scalars(query):
        found.setdefault(row.centre_id, {})[row.day] = row.works_as
    return found


def _opened(rules: Sequence[RotaRule], days: Sequence[date]) -> set[tuple[int | None, date | None]]:
    query = select(ClinicSession.rota_rule_id, ClinicSession.rota_day).where(
        ClinicSession.centre_id.in_({rule.centre_id for rule in rules}),
        ClinicSession.starts_at >= day_bounds(days[0])[0],
        ClinicSession.starts_at < day_bounds(days[-1])[1],
        ClinicSession.rota_rule_id.is_not(None),
    )
    return {(row.rota_rule_id, row.rota_day) for row in db.session.execute(query)}


class _Taken:
    """When practitioners and rooms are in sessions already, by day."""

    def __init__(self, centre_ids: Sequence[int], days: Sequence[date]) -> None:
        self.times: dict[tuple[str, int, date], list[tuple[datetime, datetime]]] = {}
        rows = db.session.execute(
            select(
                ClinicSession.practitioner_id,
                ClinicSession.room_id,
                ClinicSession.starts_at,
                ClinicSession.ends_at,
            ).where(
                ClinicSession.centre_id.in_(centre_ids),
                ClinicSession.withdrawn_at.is_(None),
                ClinicSession.starts_at >= day_bounds(days[0])[0],
                ClinicSession.starts_at < day_bounds(days[-1])[1],
            )
        )
        for row in rows:
            for key in self._keys(row.practitioner_id, row.room_id, row.starts_at):
                self.times.setdefault(key, []).append((row.starts_at, row.ends_at))

    @staticmethod
    def _keys(practitioner_id: int, room_id: int, start: datetime) -> list[tuple[str, int, date]]:
        day = clinic_day(start)
        return [("practitioner", practitioner_id, day), ("room", room_id, day)]

    def add(self, one: _Planned) -> bool:
        """Take the time of the planned session; False if somebody has it."""
        start, end = at(one.day, one.rule.opens), at(one.day, one.rule.closes)
        keys = self._keys(one.rule.practitioner_id, one.rule.room_id, start)
        for key in keys:
            if any(a < end and start < b for a, b in self.times.get(key, ())):
                return False
        for key in keys:
            self.times.setdefault(key, []).append((start, end))
        return True


def _open(planned: Sequence[_Planned], now: datetime) -> None:
    """Sessions, slots and search rows for all of them, in one statement each."""
    rows = [
        {
            "centre_id": session.rule.centre_id,
            "practitioner_id": session.rule.practitioner_id,
            "room_id": session.rule.room_id,
            "starts_at": at(session.day, session.rule.opens),
            "ends_at": at(session.day, session.rule.closes),
            "created_at": now,
            "rota_rule_id": session.rule.id,
            "rota_day": session.day,
            "withdrawn_at": now if all(session.shut) else None,
            "withdrawn_by_id": session.rule.made_by_id if all(session.shut) else None,
        }
        for session in planned
    ]
    statement = insert(ClinicSession).returning(ClinicSession.id, sort_by_parameter_order=True)
    try:
        ids = db.session.scalars(statement, rows).all()
    except IntegrityError as error:
        promise = broken_promise(error)
        if "ex_clinic_sessions_practitioner" in promise:
            raise PractitionerBusy(day=planned[0].day) from error
        if "ex_clinic_sessions_room" in promise:
            raise RoomBusy(day=planned[0].day) from error
        raise
    blocks = [
        SlotsToMake(
            session_id=session_id,
            centre_id=one.rule.centre_id,
            practitioner_id=one.rule.practitioner_id,
            day=one.day,
            times=one.times,
            service_ids=tuple(service.id for service in one.rule.services),
            capacity=one.rule.capacity,
            online=online_places(one.rule.capacity, len(one.times), one.rule.online_percent),
            shut=one.shut,
        )
        for session_id, one in zip(ids, planned, strict=True)
    ]
    given = {service_id for block in blocks for service_id in block.service_ids}
    add_slots(blocks, policies(list(given)), now=now)
