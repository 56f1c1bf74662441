"""Weekly rules turned into sessions and slots, again and again without harm.

A rule opens a day once: what a manager did to that session afterwards stays. Sessions opened by
hand stand beside the rota, and go before it. Days of a year whose public holidays are not known
are not opened, unless the centre has decided about them itself, and the answer says so.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from clinic.centres.days import NoCalendar, timetable
from clinic.centres.models import AdjustedDay, Centre
from clinic.centres.retired import Retirements
from clinic.centres.years import calendars_between
from clinic.clock import at, clinic_day, day_bounds
from clinic.db import db
from clinic.scheduling.models import ClinicSession, RotaRule
from clinic.scheduling.policies.stored import longest_release, policies
from clinic.scheduling.timetable.closings import ClosingReason
from clinic.scheduling.timetable.opening import one_at_a_time, overlap
from clinic.scheduling.timetable.rota import NeverValid, rules_of, slot_times
from clinic.scheduling.timetable.shut import Shut
from clinic.scheduling.timetable.slots import SlotsToMake, add_slots
from clinic.scheduling.timetable.weekly import applies, online_places

HORIZON = timedelta(days=28)  # at least; see `horizon`
BATCH = 2000  # sessions in one statement


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
    shut: tuple[tuple[ClosingReason, ...], ...]
    alone: tuple[ClosingReason, ...] = ()  # for one service each


def horizon() -> timedelta:
    """So far ahead sessions are made: as far as any service opens online, and four weeks at least."""
    return max(HORIZON, timedelta(days=longest_release()))


def extend(centres: Sequence[Centre], first: date, last: date, *, now: datetime) -> Extended:
    """Open every day from `first` to `last` that the rules of these centres give and is not open yet.

    A day shut for the public is not opened, nor one on which what it needs is retired; hours in
    which the centre, the room or the practitioner is away are made shut, so that they can be
    opened again. Raises NeverValid, and
    PractitionerBusy or RoomBusy when a session was opened by hand at this very moment.
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
        if (rule.id, day) in opened or is_over(rule, day, shut.retired):
            continue
        session = _plan(rule, day, shut)
        if all(session.shut) or taken.add(session):
            planned.append(session)
        else:
            done.conflicts.append(Conflict(rule, day))
    for start in range(0, len(planned), BATCH):
        _open(planned[start : start + BATCH], now)
    done.sessions = len(planned)
    done.slots = sum(len(session.times) for session in planned)
    return done


def is_over(rule: RotaRule, day: date, retired: Retirements) -> bool:
    """Whether its clinician, its room, its centre or all of its services are retired on that day."""
    gone = retired.first_day(rule.centre_id, rule.room_id, rule.practitioner_id)
    given = [service.id for service in rule.services]
    return (gone is not None and gone <= day) or (
        len(retired.services_on(rule.centre_id, given, day)) == len(given)
    )


def _plan(rule: RotaRule, day: date, shut: Shut) -> _Planned:
    times = tuple(slot_times(rule, day))
    is_shut = shut.why(rule.centre_id, rule.room_id, rule.practitioner_id, times)
    given = [service.id for service in rule.services]
    alone = shut.retired_services(rule.centre_id, given, day)
    return _Planned(rule, day, times, is_shut, tuple(alone))


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

    def add(self, session: _Planned) -> bool:
        """Take the time of the planned session; False if another session has it."""
        rule = session.rule
        start, end = at(session.day, rule.opens), at(session.day, rule.closes)
        keys = self._keys(rule.practitioner_id, rule.room_id, start)
        for key in keys:
            if any(a < end and start < b for a, b in self.times.get(key, ())):
                return False
        for key in keys:
            self.times.setdefault(key, []).append((start, end))
        return True


def _open(planned: Sequence[_Planned], now: datetime) -> None:
    """Sessions, slots and search rows for all of them, in one statement each."""
    statement = insert(ClinicSession).returning(ClinicSession.id, sort_by_parameter_order=True)
    rows = [_session_row(session, now) for session in planned]
    try:
        ids = db.session.scalars(statement, rows).all()
    except IntegrityError as error:
        raise overlap(error, planned[0].day) from error
    blocks = [_block(number, session) for number, session in zip(ids, planned, strict=True)]
    given = {service_id for block in blocks for service_id in block.service_ids}
    add_slots(blocks, policies(list(given)), now=now)


def _session_row(planned: _Planned, now: datetime) -> dict[str, object]:
    """A session that is shut whole is withdrawn from the start."""
    rule, is_shut = planned.rule, all(planned.shut)
    return {
        "centre_id": rule.centre_id,
        "practitioner_id": rule.practitioner_id,
        "room_id": rule.room_id,
        "starts_at": at(planned.day, rule.opens),
        "ends_at": at(planned.day, rule.closes),
        "created_at": now,
        "rota_rule_id": rule.id,
        "rota_day": planned.day,
        "withdrawn_at": now if is_shut else None,
        "withdrawn_by_id": rule.made_by_id if is_shut else None,
    }


def _block(session_id: int, planned: _Planned) -> SlotsToMake:
    rule = planned.rule
    return SlotsToMake(
        session_id=session_id,
        centre_id=rule.centre_id,
        practitioner_id=rule.practitioner_id,
        day=planned.day,
        times=planned.times,
        service_ids=tuple(service.id for service in rule.services),
        capacity=rule.capacity,
        online=online_places(rule.capacity, len(planned.times), rule.online_percent),
        shut=tuple((*why, *planned.alone) for why in planned.shut),
    )
