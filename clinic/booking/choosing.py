"""What the chooser shows: from what was asked for to days and free times. It writes nothing.

Whatever is asked for and does not exist is passed over: an old link still shows free times.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TypeVar

from clinic.accounts.models import User
from clinic.booking.queries import get_appointment
from clinic.centres.districts import find_district
from clinic.centres.models import Centre, Practitioner, Service, ServiceKind
from clinic.centres.queries import (
    centres_with,
    kilometres,
    practitioners_for,
    services_of,
)
from clinic.clock import clinic_day, day_bounds
from clinic.families.models import Child
from clinic.families.queries import children_of
from clinic.scheduling import rules
from clinic.scheduling.models import Appointment
from clinic.scheduling.parts import PARTS, part_of
from clinic.scheduling.policies import policies
from clinic.scheduling.queries import Offer, child_times, offers

DAYS = 14
Objections = Callable[[Child, Service, date], list[rules.Objection]]


T = TypeVar("T")


@dataclass(frozen=True)
class Day:
    """A day of the strip: how many times are free, and whether there are any at all."""

    date: date
    free: int
    is_open: bool


@dataclass(frozen=True)
class Group:
    """The free times of one centre in one part of the day."""

    centre: Centre
    part: str
    offers: list[Offer]


@dataclass
class Chooser:
    """Everything the page needs."""

    children: list[Child]
    child: Child | None = None
    services: list[Service] = field(default_factory=list)
    service: Service | None = None
    moving: Appointment | None = None
    centres: list[Centre] = field(default_factory=list)
    distances: dict[int, float] = field(default_factory=dict)
    centre: Centre | None = None
    district: str = ""
    practitioners: list[Practitioner] = field(default_factory=list)
    practitioner: Practitioner | None = None
    part: str = ""
    refusal: rules.Objection | None = None
    days: list[Day] = field(default_factory=list)
    day: date | None = None
    groups: list[Group] = field(default_factory=list)

    def query(self, **changes: object) -> dict[str, object]:
        """The address of this choice with some of it changed."""
        now: dict[str, object] = {
            "child": self.child.id if self.child and not self.moving else None,
            "service": self.service.id if self.service and not self.moving else None,
            "centre": self.centre.id if self.centre else None,
            "district": self.district or None,
            "practitioner": self.practitioner.id if self.practitioner else None,
            "part": self.part or None,
            "move": self.moving.id if self.moving else None,
            "day": self.day.isoformat() if self.day else None,
        }
        return now | changes


def age_objections(child: Child, service: Service, day: date) -> list[rules.Objection]:
    """What the service's ages object to: the least that every service asks."""
    asking = rules.Asking(
        child.birth_date, service.min_age_months, service.max_age_months, online=True
    )
    found = rules.age_objection(asking, day)
    return [found] if found else []


def choose(
    user: User,
    kind: ServiceKind,
    args: Mapping[str, str],
    *,
    near: Mapping[str, float] | None,
    objections: Objections,
    now: datetime,
) -> Chooser:
    """From what was asked for to what can be had."""
    moving = number(args, "move")
    chooser = Chooser(children=children_of(user), services=services_of(kind))
    if moving is not None:
        chooser.moving = get_appointment(user, moving)
        chooser.children = [chooser.moving.child]
        chooser.services = [one for one in chooser.services if one.id == chooser.moving.service_id]
    chooser.child = pick(chooser.children, number(args, "child")) or first(chooser.children)
    chooser.service = pick(chooser.services, number(args, "service")) or first(chooser.services)
    if chooser.child and chooser.service:
        _add_filters(chooser, args, near)
        _add_times(chooser, args, objections, now)
    return chooser


def _add_filters(
    chooser: Chooser, args: Mapping[str, str], near: Mapping[str, float] | None
) -> None:
    assert chooser.service
    chooser.centres = centres_with(chooser.service)
    district = find_district(args.get("district"))
    if district:
        chooser.district = district.name_zh
        near = {"lat": district.latitude, "lng": district.longitude}
    if near:
        chooser.distances = {
            one.id: kilometres(one, near["lat"], near["lng"]) for one in chooser.centres
        }
        chooser.centres.sort(key=lambda one: chooser.distances[one.id])
    chooser.centre = pick(chooser.centres, number(args, "centre"))
    chooser.practitioners = [
        one
        for one in practitioners_for(chooser.service)
        if chooser.centre is None or one.centre_id == chooser.centre.id
    ]
    chooser.practitioner = pick(chooser.practitioners, number(args, "practitioner"))
    part = args.get("part", "")
    chooser.part = part if part in PARTS else ""


def _add_times(
    chooser: Chooser, args: Mapping[str, str], objections: Objections, now: datetime
) -> None:
    assert chooser.service
    assert chooser.child
    today = clinic_day(now)
    dates = [today + timedelta(days=n) for n in range(DAYS)]
    against = {one: objections(chooser.child, chooser.service, one) for one in dates}
    if all(against.values()):
        chooser.refusal = against[today][0]
        return
    centre_ids = [chooser.centre.id] if chooser.centre else [one.id for one in chooser.centres]
    start, end = day_bounds(today, DAYS)
    policy_of = policies([chooser.service.id])
    earliest = {
        one: now + timedelta(minutes=policy_of(chooser.service.id, one).notice_to_book)
        for one in centre_ids
    }
    found = offers(
        chooser.service,
        centre_ids,
        start,
        end,
        now=now,
        practitioner_id=chooser.practitioner.id if chooser.practitioner else None,
    )
    found = [
        one
        for one in found
        if one.starts_at >= earliest[one.centre_id]
        and not against[clinic_day(one.starts_at)]
        and chooser.part in ("", part_of(one.starts_at))
    ]
    open_days = {clinic_day(one.starts_at) for one in found}
    busy = child_times(chooser.child.id, except_for=[chooser.moving.id] if chooser.moving else ())
    free = [one for one in found if one.is_free and not clashes(one, busy)]
    by_day = {d: list(g) for d, g in groupby(free, key=lambda one: clinic_day(one.starts_at))}
    chooser.days = [Day(one, len(by_day.get(one, ())), one in open_days) for one in dates]
    asked = a_date(args.get("day"))
    chooser.day = asked if asked in against else first(list(by_day))
    chooser.groups = _groups(chooser.centres, by_day.get(chooser.day, []) if chooser.day else [])


def _groups(centres: Sequence[Centre], free: Sequence[Offer]) -> list[Group]:
    """By centre, in the order of the centres, and part of the day."""
    groups = [
        Group(
            centre,
            part,
            [o for o in free if o.centre_id == centre.id and part_of(o.starts_at) == part],
        )
        for centre in centres
        for part in PARTS
    ]
    return [group for group in groups if group.offers]


def clashes(offer: Offer, busy: Sequence[tuple[datetime, datetime]]) -> bool:
    """Whether the child is elsewhere at that time."""
    return any(rules.overlap(offer.starts_at, offer.ends_at, start, end) for start, end in busy)


def number(args: Mapping[str, str], name: str) -> int | None:
    """The id that was asked for, if it can be one."""
    text = args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def a_date(text: str | None) -> date | None:
    """The day that was asked for, if it is one."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def pick(rows: Sequence[T], wanted: int | None) -> T | None:
    """The row of that id."""
    return next((row for row in rows if row.id == wanted), None)  # type: ignore[attr-defined]


def first(rows: Sequence[T]) -> T | None:
    """The first, if there is any."""
    return rows[0] if rows else None
