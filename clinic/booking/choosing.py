"""What the chooser shows: from what was asked for to days and free times. It writes nothing.

Whatever is asked for and does not exist is passed over: an old link still shows free times.
Only a child that is not theirs is not found.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from sqlalchemy.exc import NoResultFound
from werkzeug.datastructures import MultiDict

from clinic.accounts.models import Person
from clinic.booking.nearby import FEW, nearest_first
from clinic.booking.queries import get_appointment
from clinic.booking.terms import Asked, codes_in, needs_text
from clinic.centres.districts import find_district
from clinic.centres.models import Centre, Practitioner, Service, ServiceKind
from clinic.clock import clinic_day
from clinic.outside import id_of, ids_of
from clinic.scheduling import rules
from clinic.scheduling.catalogue import Catalogue, last_known, read
from clinic.scheduling.family import Versions, family_of
from clinic.scheduling.models import Appointment
from clinic.scheduling.parts import PARTS
from clinic.scheduling.queries import ChildFacts, Patient
from clinic.scheduling.sheets import Sheet
from clinic.scheduling.together import Visit, Wish

DAYS = 14
MOST_TOGETHER = 4
COURSES = (1, 4, 6, 8, 12, 20)
MOST_SLOTS = COURSES[-1]  # of one form
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
    versions: Versions = field(default_factory=Versions)
    children: Sequence[ChildFacts] = ()
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
    more: int = 0  # how often more centres were asked for
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
        return (self.catalogue.version, *chosen, self.part, self.district, self.shown)

    @property
    def shown(self) -> int:
        """At how many centres times are looked for, the nearest first, if none is chosen."""
        return min(FEW * (1 + self.more), len(self.centres))

    @property
    def has_more(self) -> bool:
        """Whether more centres could be looked at."""
        return not (self.centre or self.practitioner) and self.shown < len(self.centres)

    @property
    def centre_ids(self) -> list[int]:
        """Where times are looked for."""
        if self.practitioner:
            return [self.practitioner.centre_id]
        return [one.id for one in ([self.centre] if self.centre else self.centres[: self.shown])]

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
            "more": self.more or None,
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
    user: Person,
    kind: ServiceKind,
    args: MultiDict[str, str],
    *,
    near: dict[str, float] | None,
    now: datetime,
) -> Chooser:
    """Who asks for what, where: everything but the times. One statement, as long as the catalogue holds."""
    asked = id_of(args, "move")
    moving = get_appointment(user, asked) if asked is not None else None
    for catalogue in (last_known, read):
        chooser = _place(catalogue(), user, kind, args, moving, near)
        chooser.children, chooser.versions = family_of(
            user, chooser.centre_ids, days_from(now), now=now
        )
        if not chooser.children or chooser.versions.shared == chooser.catalogue.version:
            break
    if moving:
        chooser.children = [one for one in chooser.children if one.id == moving.child_id]
    asked = id_of(args, "child")
    chooser.child = pick(chooser.children, asked)
    if asked and chooser.child is None:
        raise NoResultFound  # not theirs, or not any more
    chooser.child = chooser.child or first(chooser.children)
    if not moving:
        _add_company(chooser, kind, args)
    if chooser.child and chooser.service:
        chooser.asked = Asked(
            chooser.wishes, codes_in(args), chooser.moving, today=clinic_day(now), now=now
        )
    return chooser


def facts_for(
    user: Person,
    days: Sequence[date],
    where: Callable[[Catalogue], Collection[int]],
    *,
    now: datetime,
) -> tuple[Catalogue, Versions, list[ChildFacts]]:
    """The family, and the catalogue that this process has, unless the database says that it is out of date.

    `where` says of a catalogue which centres' versions are asked for.
    """
    catalogue = last_known()
    children, versions = family_of(user, where(catalogue), days, now=now)
    if children and versions.shared != catalogue.version:
        catalogue = read()
        children, versions = family_of(user, where(catalogue), days, now=now)
    return catalogue, versions, children


def days_from(now: datetime) -> list[date]:
    today = clinic_day(now)
    return [today + timedelta(days=n) for n in range(DAYS)]


def _add_company(chooser: Chooser, kind: ServiceKind, args: MultiDict[str, str]) -> None:
    """Brothers and sisters, what follows, or a course: all that makes it more than one appointment."""
    asked = set(ids_of(args, "with"))
    others = [one for one in chooser.children if one != chooser.child and one.id in asked]
    chooser.together = others[: MOST_TOGETHER - 1]
    if kind in FOLLOWED_BY:
        chooser.followers = chooser.catalogue.services_of(FOLLOWED_BY[kind])
        chooser.then = pick(chooser.followers, id_of(args, "then"))
    if kind is ServiceKind.REHAB and not chooser.together:
        sessions = id_of(args, "sessions") or 1
        chooser.sessions = sessions if sessions in COURSES else 1


def _place(
    catalogue: Catalogue,
    user: Person,
    kind: ServiceKind,
    args: MultiDict[str, str],
    moving: Appointment | None,
    near: dict[str, float] | None,
) -> Chooser:
    """What is looked for, and where: all that can be said without the family."""
    chooser = Chooser(catalogue, services=catalogue.services_of(kind), moving=moving)
    if moving:
        chooser.services = [one for one in chooser.services if one.id == moving.service_id]
    chooser.service = pick(chooser.services, id_of(args, "service")) or first(chooser.services)
    if not chooser.service:
        return chooser
    if district := find_district(args.get("district")):
        chooser.district = district.name_zh
        near = {"lat": district.latitude, "lng": district.longitude}
    offering = catalogue.centres.get(chooser.service.id, ())
    chooser.centres, chooser.distances = nearest_first(offering, near, user)
    chooser.centre = pick(chooser.centres, id_of(args, "centre"))
    chooser.more = min(id_of(args, "more") or 0, len(chooser.centres) // FEW)
    shown = set(chooser.centre_ids)
    all_of_them = catalogue.practitioners.get(chooser.service.id, ())
    asked = pick(all_of_them, id_of(args, "practitioner"))
    if asked and (chooser.centre is None or asked.centre_id == chooser.centre.id):
        chooser.practitioner = asked
        shown.add(asked.centre_id)
    chooser.practitioners = [one for one in all_of_them if one.centre_id in shown]
    part = args.get("part", "")
    chooser.part = part if part in PARTS else ""
    return chooser


def pick(rows: Sequence[T], wanted: int | None) -> T | None:
    """The row of that id."""
    return next((row for row in rows if row.id == wanted), None)  # type: ignore[attr-defined]


def first(rows: Sequence[T]) -> T | None:
    """The first, if there is any."""
    return rows[0] if rows else None
