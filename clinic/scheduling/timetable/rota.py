"""The rota's weekly rules: what may be one, and adding it. Verbs flush; the caller commits."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Practitioner, Room, Service
from clinic.centres.retired import retirements
from clinic.clock import at
from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling.models import RotaRule
from clinic.scheduling.timetable.opening import (
    EndsBeforeItBegins,
    NoPlaces,
    NotGivenHere,
    NoWholeSlot,
    is_given,
    must_be_in_use,
    one_at_a_time,
)
from clinic.scheduling.timetable.weekly import Weekly, capacity_of, cut, rules_meet
from clinic.sentences import mark


class OverlappingRule(DomainError):
    message = mark(
        "Another rule already uses this clinician or room at that time (from %(opens)s)."
    )


class NoWeekday(DomainError):
    message = mark("Choose at least one weekday.")


class NeverValid(DomainError):
    message = mark("The last day must not be before the first.")


def check_weekly(
    practitioner: Practitioner, room: Room, services: Sequence[Service], weekly: Weekly
) -> None:
    """Raise a DomainError that says why these weekly hours cannot be, whatever other rules there are."""
    if weekly.closes <= weekly.opens:
        raise EndsBeforeItBegins
    if not weekly.weekdays:
        raise NoWeekday
    if weekly.valid_until is not None and weekly.valid_until < weekly.valid_from:
        raise NeverValid
    if not is_given(practitioner, room, services):
        raise NotGivenHere
    must_be_in_use(practitioner, room, services, weekly.valid_from)
    if not slot_times(weekly, weekly.valid_from):
        raise NoWholeSlot
    if capacity_of(weekly) < 1:
        raise NoPlaces


def add_rule(
    practitioner: Practitioner,
    room: Room,
    services: Sequence[Service],
    weekly: Weekly,
    *,
    by: Person,
    now: datetime,
) -> RotaRule:
    """Add a rule; `extend` opens its days. Raises as `check_weekly` does, and OverlappingRule."""
    check_weekly(practitioner, room, services, weekly)
    one_at_a_time([practitioner.centre_id])
    retired = retirements([practitioner.centre_id])
    for other in rules_of([practitioner.centre_id]):
        same = other.practitioner_id == practitioner.id or other.room_id == room.id
        over = retired.first_day(other.centre_id, other.room_id, other.practitioner_id)
        if over is not None and over <= weekly.valid_from:
            continue
        if same and rules_meet(weekly, other):
            raise OverlappingRule(opens=f"{other.opens:%H:%M}")
    rule = RotaRule(
        centre_id=practitioner.centre_id,
        practitioner_id=practitioner.id,
        room_id=room.id,
        made_at=now,
        made_by_id=by.id,
        services=list(services),
        **vars(weekly)
        | {
            "weekdays": sorted(set(weekly.weekdays)),
            "stations": [vars(station) for station in weekly.stations],
            "capacity": capacity_of(weekly),
        },
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


def slot_times(rule: Weekly | RotaRule, day: date) -> list[tuple[datetime, datetime]]:
    """The (start, end) of its slots on that day."""
    return list(cut(at(day, rule.opens), at(day, rule.closes), rule.slot_minutes))
