"""What the chooser shows: from what was asked for to days and free times. It writes nothing.

Whatever is asked for and does not exist is passed over: an old link still shows free times.
Only a child that is not theirs is not found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy.exc import NoResultFound
from werkzeug.datastructures import MultiDict

from clinic.accounts.models import User
from clinic.booking.queries import get_appointment
from clinic.centres.days import Holiday, holiday_on, is_known
from clinic.centres.districts import find_district
from clinic.centres.models import Centre, Practitioner, Service, ServiceKind
from clinic.centres.queries import (
    centres_with,
    closed_because,
    kilometres,
    practitioners_for,
    services_of,
)
from clinic.clock import clinic_day, day_bounds
from clinic.families.models import Child
from clinic.families.queries import children_of
from clinic.i18n import name_of
from clinic.scheduling import rules
from clinic.scheduling.models import Appointment
from clinic.scheduling.parts import PARTS, part_of
from clinic.scheduling.queries import Offer, offers
from clinic.scheduling.reasons import why_none
from clinic.scheduling.together import Against, Visit, Wish, objections_of, visits

DAYS = 14
FURTHER = 60  # days in which a first free time is looked for when the strip has none
MOST_TOGETHER = 4
COURSES = (1, 4, 6, 8, 12, 20)
Objections = Callable[[Child, Service, date], list[rules.Objection]]
# What can follow right after it in one visit.
FOLLOWED_BY = {ServiceKind.CHECKUPS: ServiceKind.VACCINATION}


T = TypeVar("T")


@dataclass(frozen=True)
class Day:
    """A day of the strip: how many times are free, and if none, why."""

    date: date
    free: int
    why: rules.Objection | None


@dataclass(frozen=True)
class Time:
    """A button: when, the slots that it takes for each wish, and with whom."""

    starts_at: datetime
    slots: str  # `12-13`, one for each wish
    practitioner_ids: tuple[int, ...]
    anyone: bool = False
    ends_at: datetime | None = None  # of a visit that is more than one appointment


@dataclass(frozen=True)
class Group:
    """The free times of one centre in one part of the day."""

    centre: Centre
    part: str
    times: list[Time]


@dataclass
class Chooser:
    """Everything the page needs."""

    children: list[Child]
    child: Child | None = None
    together: list[Child] = field(default_factory=list)  # brothers and sisters in the same visit
    services: list[Service] = field(default_factory=list)
    service: Service | None = None
    followers: list[Service] = field(default_factory=list)
    then: Service | None = None  # for the same child right after it
    sessions: int = 1  # of a course
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
    why: rules.Objection | None = None  # why the chosen day has nothing
    first_free: datetime | None = None
    groups: list[Group] = field(default_factory=list)

    def query(self, **changes: object) -> dict[str, object]:
        """The address of this choice with some of it changed."""
        now: dict[str, object] = {
            "child": self.child.id if self.child and not self.moving else None,
            "with": [one.id for one in self.together] or None,
            "service": self.service.id if self.service and not self.moving else None,
            "then": self.then.id if self.then else None,
            "sessions": self.sessions if self.sessions > 1 else None,
            "centre": self.centre.id if self.centre else None,
            "district": self.district or None,
            "practitioner": self.practitioner.id if self.practitioner else None,
            "part": self.part or None,
            "move": self.moving.id if self.moving else None,
            "day": self.day.isoformat() if self.day else None,
        }
        return now | changes

    @property
    def wishes(self) -> list[Wish]:
        """What is to be found in one visit, in the order in which it happens."""
        return wishes_of(self.child, self.together, self.service, self.then)


def wishes_of(
    child: Child | None, together: Sequence[Child], service: Service | None, then: Service | None
) -> list[Wish]:
    """Every child for the service, then every child for what follows it."""
    if child is None or service is None:
        return []
    family = [child, *together]
    return [Wish(one, what) for what in (service, then) if what for one in family]


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
    args: MultiDict[str, str],
    *,
    near: dict[str, float] | None,
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
    asked = number(args, "child")
    chooser.child = pick(chooser.children, asked)
    if asked and chooser.child is None:
        raise NoResultFound  # not theirs, or not any more
    chooser.child = chooser.child or first(chooser.children)
    chooser.service = pick(chooser.services, number(args, "service")) or first(chooser.services)
    if not chooser.moving:
        _add_company(chooser, kind, args)
    if chooser.child and chooser.service:
        _add_filters(chooser, args, near)
        _add_times(chooser, args, objections, now)
    return chooser


def _add_company(chooser: Chooser, kind: ServiceKind, args: MultiDict[str, str]) -> None:
    """Brothers and sisters, what follows, or a course: all that makes it more than one appointment."""
    asked = set(numbers(args, "with"))
    others = [one for one in chooser.children if one != chooser.child and one.id in asked]
    chooser.together = others[: MOST_TOGETHER - 1]
    if kind in FOLLOWED_BY:
        chooser.followers = services_of(FOLLOWED_BY[kind])
        chooser.then = pick(chooser.followers, number(args, "then"))
    if kind is ServiceKind.REHAB and not chooser.together:
        sessions = number(args, "sessions") or 1
        chooser.sessions = sessions if sessions in COURSES else 1


def _add_filters(
    chooser: Chooser, args: MultiDict[str, str], near: dict[str, float] | None
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
    chooser: Chooser, args: MultiDict[str, str], objections: Objections, now: datetime
) -> None:
    assert chooser.service
    today = clinic_day(now)
    dates = [today + timedelta(days=n) for n in range(DAYS)]
    against = {
        day: [one for wish in chooser.wishes for one in objections(wish.child, wish.service, day)]
        for day in dates
    }
    if all(against.values()):
        chooser.refusal = against[today][0]
        return
    search = _Search(chooser, now)
    free = search.free(today, DAYS)
    by_day: dict[date, list[Visit]] = {day: [] for day in dates}
    for one in free:
        if not against[clinic_day(one.starts_at)]:
            by_day[clinic_day(one.starts_at)].append(one)
    chooser.days = [
        Day(
            day,
            len({(one.starts_at, one.offers[0].centre_id) for one in by_day[day]}),
            None if by_day[day] else first(against[day]) or search.why(day),
        )
        for day in dates
    ]
    asked = a_date(args.get("day"))
    chooser.day = asked if asked in by_day else first([day for day in dates if by_day[day]])
    chooser.groups = _groups(chooser, by_day[chooser.day] if chooser.day else [])
    if not chooser.groups:
        chooser.why = next((one.why for one in chooser.days if one.date == chooser.day), None)
        chooser.first_free = search.first_free(free, objections)


class _Search:
    """The free times of what the chooser asks for, and the reasons where there are none."""

    def __init__(self, chooser: Chooser, now: datetime) -> None:
        assert chooser.service
        assert chooser.child
        self.chooser, self.now = chooser, now
        self.service = chooser.service
        self.centre_ids = (
            [chooser.centre.id] if chooser.centre else [one.id for one in chooser.centres]
        )
        self.except_for = [chooser.moving.id] if chooser.moving else []
        self.against: Against = objections_of(
            Wish(chooser.child, chooser.service), now=now, except_for=self.except_for
        )
        self.by_day: dict[date, list[Offer]] = {}
        self.closures: dict[date, str] | None = None

    def free(self, first_day: date, days: int) -> list[Visit]:
        """The visits of these days; remembers everything that it saw, for the reasons."""
        start, end = day_bounds(first_day, days)
        if len(self.chooser.wishes) > 1:
            found = visits(
                self.chooser.wishes, self.centre_ids, max(start, self.now), end, now=self.now
            )
            self._look(start, end)
            return [one for one in found if self._fits(one.offers[0])]
        self._look(start, end)
        return [
            Visit((one,))
            for those in self.by_day.values()
            for one in those
            if one.is_free and self._fits(one) and not self.against(one)
        ]

    def _look(self, start: datetime, end: datetime) -> None:
        self.by_day = {}
        for one in offers(self.service, self.centre_ids, start, end, now=self.now, everything=True):
            self.by_day.setdefault(clinic_day(one.starts_at), []).append(one)

    def _fits(self, offer: Offer) -> bool:
        chooser = self.chooser
        return (
            chooser.practitioner is None or chooser.practitioner.id == offer.practitioner_id
        ) and chooser.part in ("", part_of(offer.starts_at))

    def why(self, day: date) -> rules.Objection:
        """Why the day has nothing."""
        everything = self.by_day.get(day, [])
        fitting = [one for one in everything if self._fits(one)]
        return why_none(
            fitting,
            self.against,
            holiday=_holiday(day),
            closed_because=self._closed(day) if fitting else "",
            filtered=len(fitting) < len(everything),
        )

    def _closed(self, day: date) -> str:
        if self.closures is None:
            start, end = day_bounds(min(self.by_day), DAYS)
            self.closures = {
                day: name_of(one, "reason")
                for day, one in closed_because(self.centre_ids, start, end)
            }
        return self.closures.get(day, "")

    def first_free(self, free: Sequence[Visit], objections: Objections) -> datetime | None:
        """The first time that works: in the strip, else within two months of today."""
        further = free or self.free(clinic_day(self.now) + timedelta(days=DAYS), FURTHER)
        return next(
            (
                one.starts_at
                for one in further
                if not any(
                    objections(wish.child, wish.service, clinic_day(one.starts_at))
                    for wish in self.chooser.wishes
                )
            ),
            None,
        )


def _holiday(day: date) -> Holiday | None:
    return holiday_on(day) if is_known(day.year) else None


def _groups(chooser: Chooser, free: Sequence[Visit]) -> list[Group]:
    """By centre, in the order of the centres, and part of the day."""
    groups = [
        Group(
            centre,
            part,
            _times(
                [
                    one
                    for one in free
                    if one.offers[0].centre_id == centre.id and part_of(one.starts_at) == part
                ],
                one_each=chooser.practitioner is None and not chooser.moving,
            ),
        )
        for centre in chooser.centres
        for part in PARTS
    ]
    return [group for group in groups if group.times]


def _times(free: Sequence[Visit], *, one_each: bool) -> list[Time]:
    """A button for each visit; where anyone will do, one for each moment."""
    times: dict[object, Time] = {}
    for one in free:
        lead = one.offers[0]
        slots = "-".join(str(each.slot_id) for each in one.offers)
        moment = one.starts_at if one_each else slots
        before = times.get(moment)
        who = (*(before.practitioner_ids if before else ()), lead.practitioner_id)
        times[moment] = Time(
            starts_at=one.starts_at,
            slots=before.slots if before else slots,
            practitioner_ids=who,
            anyone=len(who) > 1 and len(one.offers) == 1,
            ends_at=one.ends_at if len(one.offers) > 1 else None,
        )
    return list(times.values())


def numbers(args: MultiDict[str, str], name: str) -> list[int]:
    """The ids that were asked for under this name."""
    return [
        int(text)
        for text in args.getlist(name)
        if text.isascii() and text.isdigit() and len(text) < 10
    ]


def slot_ids(text: str) -> list[int]:
    """`12-13` as [12, 13]; empty if it is nothing of the kind."""
    parts = text.split("-")
    good = all(one.isascii() and one.isdigit() and len(one) < 10 for one in parts)
    return [int(one) for one in parts] if good else []


def number(args: MultiDict[str, str], name: str) -> int | None:
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
