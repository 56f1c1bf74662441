"""What a page of times is made of: the choice, its days, its free times."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from clinic.booking.nearby import FEW
from clinic.booking.reading import needs_text, requests_of, text_of
from clinic.booking.strip import Strip, opens_at
from clinic.centres.announcements import Announcement
from clinic.centres.models import Centre, Practitioner, Service
from clinic.clock import clinic_day
from clinic.scheduling.models import Appointment
from clinic.scheduling.policies.policy import Policy
from clinic.scheduling.search.catalogue import Catalogue
from clinic.scheduling.search.day_schedules import DaySchedule
from clinic.scheduling.search.family import DayVersions
from clinic.scheduling.search.together import Trip
from clinic.scheduling.verdict import rules
from clinic.scheduling.verdict.diaries import FamilyChild
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.requirements import NOTHING_REQUIRED, RequirementsByKind
from clinic.services.room import Link


@dataclass(frozen=True)
class StripDay:
    """A day of the strip: how many times are free, at how many centres; if none, why."""

    date: date
    free: int
    centres: int
    why: rules.Objection | None


@dataclass(frozen=True)
class TimeChoice:
    """A button: when, the slots that it takes for each wish, and with whom."""

    starts_at: datetime
    slots: str  # `12-13`, one for each wish
    practitioner_ids: tuple[int, ...]
    anyone: bool = False
    ends_at: datetime | None = None  # of a visit that is more than one appointment


@dataclass(frozen=True)
class Free:
    """What this family may have at one centre on one day; `schedule` is set if that is all of it."""

    centre_id: int
    visits: Sequence[Trip]
    schedule: DaySchedule | None = None

    @property
    def count(self) -> int:
        """At how many moments."""
        if self.schedule:
            return self.schedule.beginnings
        return len({trip.starts_at for trip in self.visits})


@dataclass(frozen=True)
class TimeGroup:
    """The free times of one centre in one part of the day."""

    centre: Centre
    part: str
    times: Sequence[TimeChoice]
    key: tuple[object, ...] | None = None  # the same for all who see the same


NO_MOMENT_YET = datetime.min.replace(tzinfo=UTC)


@dataclass
class Chooser:
    """Everything the page needs."""

    catalogue: Catalogue
    now: datetime = NO_MOMENT_YET
    versions: DayVersions = field(default_factory=DayVersions)
    children: Sequence[FamilyChild] = ()
    child: FamilyChild | None = None
    # Brothers and sisters in the same visit.
    together: list[FamilyChild] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    service: Service | None = None
    followers: list[Service] = field(default_factory=list)
    then: Service | None = None  # for the same child right after it
    sessions: int = 1  # of a course
    moving: Appointment | None = None
    requirements: RequirementsByKind = NOTHING_REQUIRED
    centres: list[Centre] = field(default_factory=list)
    distances: dict[int, float] = field(default_factory=dict)
    centre: Centre | None = None
    more: int = 0  # how often more centres were asked for
    district: str = ""
    practitioners: list[Practitioner] = field(default_factory=list)
    practitioner: Practitioner | None = None
    part: str = ""
    refusal: rules.Objection | None = None
    elsewhere: Link | None = None  # where to go instead
    strip: Strip = field(default_factory=Strip)
    days: list[StripDay] = field(default_factory=list)
    day: date | None = None
    why: rules.Objection | None = None  # why the chosen day has nothing
    is_never: bool = False  # what was filtered for is given on no day
    first_free: datetime | None = None
    groups: list[TimeGroup] = field(default_factory=list)
    # The first moment at which time alone may change it; None: it may at any.
    until: datetime | None = None

    def prices_of(self, service: Service) -> list[int]:
        """What it costs at the chosen centre, or at any that offers it, in fen: the lowest first."""
        return self.catalogue.prices_of(service.id, self.centre.id if self.centre else None)

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
            self.requirements.made_of,
        )

    @property
    def choice(self) -> tuple[object, ...]:
        """What is chosen among what all families can choose from."""
        choices = (self.service, self.centre, self.practitioner)
        chosen = tuple(choice.id if choice else None for choice in choices)
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
        return [
            centre.id for centre in ([self.centre] if self.centre else self.centres[: self.shown])
        ]

    @property
    def policies(self) -> list[Policy]:
        """The rules of booking where times are looked for."""
        service = self.service
        return [
            self.catalogue.policy_of(service.id, centre_id)
            for centre_id in self.centre_ids
            if service
        ]

    @property
    def announcements(self) -> list[Announcement]:
        """What the centres announce at which times are looked for."""
        return [
            each
            for centre_id in self.centre_ids
            for each in self.catalogue.announcements.get(centre_id, ())
        ]

    @property
    def announced(self) -> list[Announcement]:
        """Those that are shown now."""
        return [each for each in self.announcements if each.is_shown(self.now)]

    @property
    def places(self) -> dict[int, Centre]:
        """The centres by id."""
        return {centre.id: centre for centre in self.centres}

    def opens(self, day: date | None) -> datetime | None:
        """When the first of these centres opens that day for booking, if none has yet."""
        moment = opens_at(self.policies, day) if day else None
        return moment if moment and moment > self.now else None

    @property
    def works_from(self) -> date | None:
        """The first day that the refusal would let pass, if it knows one."""
        first = self.refusal.works_from if self.refusal else None
        return clinic_day(first) if isinstance(first, datetime) else first

    @property
    def free_now(self) -> int:
        """How many times are shown."""
        return sum(len(group.times) for group in self.groups)

    def query(self, **changes: object) -> dict[str, object]:
        """The address of this choice with some of it changed."""
        now: dict[str, object] = {
            "child": self.child.id if self.child and not self.moving else None,
            "with": [child.id for child in self.together] or None,
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
    def wish_text(self) -> str:
        """Who comes for what: the times that are shown are for this, and for nothing else."""
        return text_of(self.query())

    @property
    def needs(self) -> list[str]:
        """What is ticked for the children who come, if anything was said about it."""
        come = {wish.child.id for wish in self.wishes}
        codes = self.requirements.codes
        return needs_text({child_id: codes[child_id] for child_id in come & codes.keys()})

    @property
    def wishes(self) -> list[Request]:
        """What is to be found in one visit, in the order in which it happens."""
        return requests_of(self.child, self.together, self.service, self.then)
