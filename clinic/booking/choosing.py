"""What the chooser shows: from what was asked for to days and free times. It writes nothing.

Whatever is asked for and does not exist is passed over: an old link still shows free times.
Only a child that is not theirs is not found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from sqlalchemy.exc import NoResultFound
from werkzeug.datastructures import MultiDict

from clinic.accounts.models import User
from clinic.booking.queries import get_appointment
from clinic.booking.terms import Asked, codes_in, needs_text
from clinic.centres.days import Holiday, holiday_on, is_known
from clinic.centres.districts import find_district
from clinic.centres.models import Centre, Practitioner, Service, ServiceKind
from clinic.centres.queries import kilometres
from clinic.clock import clinic_day, day_bounds
from clinic.i18n import language, name_of
from clinic.scheduling import rules
from clinic.scheduling.catalogue import Catalogue, last_known, read
from clinic.scheduling.family import Versions, family_of
from clinic.scheduling.models import Appointment
from clinic.scheduling.parts import PARTS, part_of
from clinic.scheduling.queries import ChildFacts, Diary, Offer, Patient, diary_of, offers
from clinic.scheduling.reasons import why_none
from clinic.scheduling.sheets import Sheet, sheets_of
from clinic.scheduling.together import Against, Visit, Wish, visits

DAYS = 14
A_PAUSE_IS_COUNTED_AGAIN = timedelta(minutes=1)
BEYOND_MAY_LAG = timedelta(
    minutes=1
)  # the hint at what lies beyond the strip, which has no version
FURTHER = 60  # days in which a first free time is looked for when the strip has none
MOST_TOGETHER = 4
COURSES = (1, 4, 6, 8, 12, 20)
# What can follow right after it in one visit.
FOLLOWED_BY = {ServiceKind.CHECKUPS: ServiceKind.VACCINATION}


T = TypeVar("T")
P = TypeVar("P", bound=Patient)


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
class Free:
    """What this family may have at one centre on one day. `sheet`, if it is all that anybody may."""

    centre_id: int
    visits: Sequence[Visit]
    sheet: Sheet | None = None

    @property
    def count(self) -> int:
        """At how many moments."""
        if self.sheet:
            return self.sheet.beginnings
        return len({one.starts_at for one in self.visits})


@dataclass(frozen=True)
class Group:
    """The free times of one centre in one part of the day."""

    centre: Centre
    part: str
    times: Sequence[Time]
    key: tuple[object, ...] | None = None  # the same for all who see the same


NOTHING = Asked((), {}, today=date.min, now=datetime.min.replace(tzinfo=UTC))


@dataclass
class Chooser:
    """Everything the page needs."""

    catalogue: Catalogue
    versions: Versions
    children: Sequence[ChildFacts]
    child: ChildFacts | None = None
    # Brothers and sisters in the same visit.
    together: list[ChildFacts] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    service: Service | None = None
    followers: list[Service] = field(default_factory=list)
    then: Service | None = None  # for the same child right after it
    sessions: int = 1  # of a course
    moving: Appointment | None = None
    asked: Asked = field(default_factory=lambda: NOTHING)
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
    # The first moment at which time alone may change it; None: it may at any.
    until: datetime | None = None

    @property
    def made_of(self) -> tuple[object, ...] | None:
        """What decides, beside the time, what the page shows; None where more than this does.

        Places left in a slot, and the appointment that is moved, have no version.
        """
        if self.moving or len(self.wishes) > 1 or not (self.child and self.service):
            return None
        return (
            self.children,
            self.versions.text,
            sorted(self.distances.items()),
            self.asked.made_of,
        )

    @property
    def choice(self) -> tuple[object, ...]:
        """What is chosen among what all families can choose from."""
        one_of = (self.service, self.centre, self.practitioner)
        chosen = tuple(one.id if one else None for one in one_of)
        return (self.catalogue.version, *chosen, self.part, self.district)

    @property
    def centre_ids(self) -> list[int]:
        """Where times are looked for."""
        return [self.centre.id] if self.centre else [one.id for one in self.centres]

    def query(self, **changes: object) -> dict[str, object]:
        """The address of this choice with some of it changed."""
        now: dict[str, object] = {
            "child": self.child.id if self.child and not self.moving else None,
            "with": [one.id for one in self.together] or None,
            "service": self.service.id if self.service and not self.moving else None,
            "then": self.then.id if self.then else None,
            "need": None if self.moving else self.needs or None,
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
    def needs(self) -> list[str]:
        """What is ticked for the children who come, if anything was said about it."""
        come = {wish.child.id for wish in self.wishes}
        codes = self.asked.codes
        return needs_text({one: codes[one] for one in come & codes.keys()})

    @property
    def wishes(self) -> list[Wish[ChildFacts]]:
        """What is to be found in one visit, in the order in which it happens."""
        return wishes_of(self.child, self.together, self.service, self.then)


def wishes_of(
    child: P | None, together: Sequence[P], service: Service | None, then: Service | None
) -> list[Wish[P]]:
    """Every child for the service, then every child for what follows it."""
    if child is None or service is None:
        return []
    family = [child, *together]
    return [Wish(one, what) for what in (service, then) if what for one in family]


def ask(
    user: User,
    kind: ServiceKind,
    args: MultiDict[str, str],
    *,
    near: dict[str, float] | None,
    now: datetime,
) -> Chooser:
    """Who asks for what, where: everything but the times. One statement, as long as the catalogue holds."""
    catalogue, versions, children = _read(user, now)
    chooser = Chooser(catalogue, versions, children, services=catalogue.services_of(kind))
    moving = number(args, "move")
    if moving is not None:
        chooser.moving = get_appointment(user, moving)
        chooser.children = [one for one in children if one.id == chooser.moving.child_id]
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
        chooser.asked = Asked(
            chooser.wishes, codes_in(args), chooser.moving, today=clinic_day(now), now=now
        )
    return chooser


def _read(user: User, now: datetime) -> tuple[Catalogue, Versions, list[ChildFacts]]:
    """The catalogue that this process has, unless the database says that it is out of date."""
    days, catalogue = _days(now), last_known()
    children, versions = family_of(user, catalogue.centre_ids, days, now=now)
    if children and versions.shared != catalogue.version:
        catalogue = read()
        children, versions = family_of(user, catalogue.centre_ids, days, now=now)
    return catalogue, versions, children


def _days(now: datetime) -> list[date]:
    today = clinic_day(now)
    return [today + timedelta(days=n) for n in range(DAYS)]


def _add_company(chooser: Chooser, kind: ServiceKind, args: MultiDict[str, str]) -> None:
    """Brothers and sisters, what follows, or a course: all that makes it more than one appointment."""
    asked = set(numbers(args, "with"))
    others = [one for one in chooser.children if one != chooser.child and one.id in asked]
    chooser.together = others[: MOST_TOGETHER - 1]
    if kind in FOLLOWED_BY:
        chooser.followers = chooser.catalogue.services_of(FOLLOWED_BY[kind])
        chooser.then = pick(chooser.followers, number(args, "then"))
    if kind is ServiceKind.REHAB and not chooser.together:
        sessions = number(args, "sessions") or 1
        chooser.sessions = sessions if sessions in COURSES else 1


def _add_filters(
    chooser: Chooser, args: MultiDict[str, str], near: dict[str, float] | None
) -> None:
    assert chooser.service
    chooser.centres = list(chooser.catalogue.centres.get(chooser.service.id, ()))
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
        for one in chooser.catalogue.practitioners.get(chooser.service.id, ())
        if chooser.centre is None or one.centre_id == chooser.centre.id
    ]
    chooser.practitioner = pick(chooser.practitioners, number(args, "practitioner"))
    part = args.get("part", "")
    chooser.part = part if part in PARTS else ""


def add_times(chooser: Chooser, args: MultiDict[str, str], now: datetime) -> None:
    """The days of the strip, and the times of the chosen one."""
    if not (chooser.child and chooser.service):
        return
    dates = _days(now)
    against = {day: chooser.asked.against(chooser.wishes, chooser.centre_ids, day) for day in dates}
    tomorrow = day_bounds(dates[1])[0]
    if all(against.values()):
        chooser.refusal = against[dates[0]][0]
        chooser.until = tomorrow
        return
    search = _Search(chooser, dates, now)
    free = {day: () if against[day] else search.free(day) for day in dates}
    chooser.days = [
        Day(
            day,
            count := sum(one.count for one in free[day]),
            None if count else first(against[day]) or search.why(day),
        )
        for day in dates
    ]
    asked = a_date(args.get("day"))
    with_some = [one.date for one in chooser.days if one.free]
    chooser.day = asked if asked in free else first(with_some)
    chooser.groups = _groups(chooser, free[chooser.day] if chooser.day else ())
    chooser.until = min(tomorrow, search.until)
    if not chooser.groups:
        chooser.why = next((one.why for one in chooser.days if one.date == chooser.day), None)
        if with_some:
            chooser.first_free = min(
                visit.starts_at for one in free[with_some[0]] for visit in one.visits
            )
        else:
            chooser.first_free = search.further()
            chooser.until = min(chooser.until, now + BEYOND_MAY_LAG)


class _Search:
    """The free times of what the chooser asks for, and the reasons where there are none."""

    def __init__(self, chooser: Chooser, days: Sequence[date], now: datetime) -> None:
        assert chooser.service
        assert chooser.child
        self.chooser, self.now, self.days = chooser, now, days
        self.service, self.centre_ids = chooser.service, chooser.centre_ids
        policy_of = chooser.catalogue.policy_of
        self.against = [
            Against(wish, self._diary(wish.child), policy_of, now=now) for wish in chooser.wishes
        ]
        self.sheets = sheets_of(
            self.service, self.centre_ids, days, chooser.versions, policy_of, now=now
        )
        self.until = min(
            (one.until for one in self.sheets.values()), default=now + timedelta(days=1)
        )
        if any(one.diary.absences for one in chooser.children):
            self.until = min(self.until, now + A_PAUSE_IS_COUNTED_AGAIN)
        self.together = self._visits(days[0], len(days)) if len(chooser.wishes) > 1 else None

    def _diary(self, child: ChildFacts) -> Diary:
        moving = self.chooser.moving
        if moving is None:
            return child.diary
        return diary_of(child.id, now=self.now, except_for=[moving.id])

    def free(self, day: date) -> list[Free]:
        """What this family may have on that day, by centre."""
        able = [one for one in self.centre_ids if not self.chooser.asked.lacks(one, day)]
        if self.together is not None:
            return [
                Free(centre_id, [one for one in self.together if self._is_at(one, centre_id, day)])
                for centre_id in able
            ]
        return [self._free_of(self.sheets[centre_id, day], day, centre_id) for centre_id in able]

    def _free_of(self, sheet: Sheet, day: date, centre_id: int) -> Free:
        """All that is on the sheet, unless a filter, or something of the child's own, takes some away."""
        chooser, against = self.chooser, self.against[0]
        if against.all_day(day, centre_id):
            return Free(centre_id, ())
        if day not in against.busy and not chooser.practitioner and not chooser.part:
            return Free(centre_id, sheet.free, sheet)
        visits = [
            one
            for one in sheet.free
            if self._fits(one.offers[0]) and not against.elsewhere(one.offers[0], day)
        ]
        return Free(centre_id, visits)

    def _visits(self, first_day: date, days: int) -> list[Visit]:
        """The times at which all wishes find a place together."""
        start, end = day_bounds(first_day, days)
        found = visits(
            self.chooser.wishes,
            self.centre_ids,
            max(start, self.now),
            end,
            now=self.now,
            against=self.against,
        )
        return [one for one in found if self._fits(one.offers[0])]

    @staticmethod
    def _is_at(visit: Visit, centre_id: int, day: date) -> bool:
        lead = visit.offers[0]
        return lead.centre_id == centre_id and clinic_day(lead.starts_at) == day

    def _fits(self, offer: Offer) -> bool:
        chooser = self.chooser
        return (
            chooser.practitioner is None or chooser.practitioner.id == offer.practitioner_id
        ) and chooser.part in ("", part_of(offer.starts_at))

    def why(self, day: date) -> rules.Objection:
        """Why the day has nothing."""
        chooser, sheets = self.chooser, [self.sheets[one, day] for one in self.centre_ids]
        own = day in self.against[0].busy or any(
            self.against[0].all_day(day, one) for one in self.centre_ids
        )
        if own or self.together is not None or chooser.practitioner or chooser.part or not sheets:
            return self._why(day, sheets)
        kept = sheets[0].shown
        if "why" not in kept or kept["why"][0] != (language(), *map(id, sheets)):
            kept["why"] = ((language(), *map(id, sheets)), self._why(day, sheets), sheets)
        found: rules.Objection = kept["why"][1]
        return found

    def _why(self, day: date, sheets: Sequence[Sheet]) -> rules.Objection:
        everything = [one for sheet in sheets for one in sheet.offers]
        fitting = [one for one in everything if self._fits(one)]
        return why_none(
            fitting,
            self.against[0],
            holiday=_holiday(day),
            closed_because=self._closed(day) if fitting else "",
            filtered=len(fitting) < len(everything),
        )

    def _closed(self, day: date) -> str:
        start, end = day_bounds(day)
        for centre_id in self.centre_ids:
            if closure := self.chooser.catalogue.closed_because(centre_id, start, end):
                return name_of(closure, "reason")
        return ""

    def further(self) -> datetime | None:
        """The first time that works beyond the strip, within two months."""
        chooser = self.chooser
        first_day = self.days[-1] + timedelta(days=1)
        if self.together is not None:
            found = self._visits(first_day, FURTHER)
        else:
            start, end = day_bounds(first_day, FURTHER)
            found = [
                Visit((one,))
                for one in offers(self.service, self.centre_ids, start, end, now=self.now)
                if one.is_free and self._fits(one) and not self.against[0](one)
            ]
        return next(
            (
                one.starts_at
                for one in found
                if not chooser.asked.against(
                    chooser.wishes, [one.offers[0].centre_id], clinic_day(one.starts_at)
                )
            ),
            None,
        )


def _holiday(day: date) -> Holiday | None:
    return holiday_on(day) if is_known(day.year) else None


def _groups(chooser: Chooser, free: Sequence[Free]) -> list[Group]:
    """By centre, in the order of the centres, and part of the day."""
    centres = {one.id: one for one in chooser.centres}
    one_each = chooser.practitioner is None and not chooser.moving
    return [
        Group(
            centres[each.centre_id],
            part,
            times,
            (each.sheet.key, part, one_each) if each.sheet else None,
        )
        for each in free
        for part, times in _parts(each, one_each=one_each).items()
        if times
    ]


def _parts(free: Free, *, one_each: bool) -> Mapping[str, Sequence[Time]]:
    """The buttons of each part of the day; made once for all who may have the whole sheet."""
    key = ("buttons", one_each)
    if free.sheet and key in free.sheet.shown:
        made: Mapping[str, Sequence[Time]] = free.sheet.shown[key]
        return made
    by_part: dict[str, list[Visit]] = {part: [] for part in PARTS}
    for one in free.visits:
        by_part[part_of(one.starts_at)].append(one)
    made = {part: _times(those, one_each=one_each) for part, those in by_part.items()}
    if free.sheet:
        free.sheet.shown[key] = made
    return made


def _times(free: Sequence[Visit], *, one_each: bool) -> tuple[Time, ...]:
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
    return tuple(times.values())


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
