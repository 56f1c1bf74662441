"""What a kind of service asks of a visit beyond its place: each service room may say it, booking only asks.

Vaccination, for example: which doses, whether they are legal that day, whether the centre has them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from werkzeug.datastructures import MultiDict

from clinic.accounts.models import Person
from clinic.centres.models import Service
from clinic.outside import a_word, an_id
from clinic.scheduling import rules
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import Patient
from clinic.scheduling.request import Held, Request
from clinic.scheduling.rules import Objection


@dataclass(frozen=True)
class PurposeChoice:
    """Something that a visit can be for: a box to tick. `first` is the day from which it may be, if asked."""

    code: str
    name_zh: str
    name_en: str
    first: date | None
    is_chosen: bool


@dataclass(frozen=True)
class Note:
    """Something to know before a time is chosen, and where it leads: an endpoint of the site.

    A warning is about what should be done first. `day`, if one is told, is said with the moment at
    which its times open.
    """

    message: str
    params: Mapping[str, object]
    label: str
    endpoint: str
    values: Mapping[str, object]
    is_warning: bool = False
    day: date | None = None


class Terms(Protocol):
    """The terms of one kind of service, for these children.

    `codes` are those of the lines that are asked for, by child; a child that is not in it comes
    for what is usual.
    """

    def __init__(
        self,
        child_ids: Sequence[int],
        codes: Mapping[int, Collection[str]],
        moving: Appointment | None,
        today: date,
        now: datetime,
    ) -> None: ...

    @property
    def made_of(self) -> object:
        """What decides everything that it says: its `repr` is the same while that is."""

    def lines(self, child_id: int) -> Sequence[PurposeChoice]:
        """What the child's visit can be for."""

    def notes(self, child_id: int) -> Sequence[Note]:
        """What to know before times are looked for."""

    def objections(self, child_id: int, day: date) -> list[Objection]:
        """What stands against a visit on that day, at whatever centre."""

    def lacks(self, centre_id: int, day: date) -> Objection | None:
        """What that centre does not have for all these children on that day."""

    def keep(self, hold: Held, *, by: Person, now: datetime, is_new: bool) -> None:
        """The places are held: keep what else the visit needs. Raises DomainError.

        With a hold that is new nothing else is kept yet.
        """

    def keep_for(self, appointment: Appointment, *, by: Person, now: datetime) -> None:
        """Staff made or moved this visit, with no hold before it: keep what it needs. Raises DomainError."""

    @staticmethod
    def book(hold: Held, appointment: Appointment, *, by: Person, now: datetime) -> None:
        """What was kept with the hold is the appointment's. Raises DomainError."""

    @staticmethod
    def moved(appointment: Appointment) -> None:
        """The appointment has another time now. Raises DomainError if what it needs is not there."""

    @staticmethod
    def kept_with(hold_ids: Collection[int]) -> Mapping[int, Sequence[PurposeChoice]]:
        """What is kept with these holds, by hold."""


MOST_NEEDS = 100  # boxes of one form
OF_KIND: dict[str, type[Terms]] = {}  # filled by the rooms that have some


def codes_in(args: MultiDict[str, str]) -> dict[int, set[str]]:
    """What is ticked, by child: `need=12.MMR`. A form with boxes says `12.` too, for none ticked."""
    found: dict[int, set[str]] = {}
    for text in args.getlist("need")[:MOST_NEEDS]:
        child, _, code = text.partition(".")
        if (child_id := an_id(child)) is not None:
            found.setdefault(child_id, set()).update({a_word(code)} - {""})
    return found


def needs_text(codes: Mapping[int, Collection[str]]) -> list[str]:
    """The same as an address or a form has it."""
    return [f"{child}.{code}" for child in sorted(codes) for code in ("", *sorted(codes[child]))]


class Asked:
    """What is asked for at once, by the terms of every kind of service in it."""

    def __init__(
        self,
        wishes: Sequence[Request],
        codes: Mapping[int, Collection[str]],
        moving: Appointment | None = None,
        *,
        today: date,
        now: datetime,
    ) -> None:
        self.codes = codes
        self._lacking: dict[tuple[int, date], Objection | None] = {}
        self.kinds = {wish.service.id: wish.service.kind for wish in wishes}
        by_kind: dict[str, list[int]] = {}
        for wish in wishes:
            children = by_kind.setdefault(wish.service.kind, [])
            if wish.child.id not in children:
                children.append(wish.child.id)
        self.terms = {
            kind: OF_KIND[kind](children, codes, moving, today, now)
            for kind, children in by_kind.items()
            if kind in OF_KIND
        }

    @property
    def made_of(self) -> object:
        """What decides what it says."""
        return [terms.made_of for terms in self.terms.values()]

    def lines(self, child_id: int) -> list[PurposeChoice]:
        """What this child's visits can be for."""
        return [line for terms in self.terms.values() for line in terms.lines(child_id)]

    def notes(self, child_id: int) -> list[Note]:
        """What to know of this child before times are looked for."""
        return [note for terms in self.terms.values() for note in terms.notes(child_id)]

    def objections(self, child: Patient, service: Service, day: date) -> list[Objection]:
        """The service's ages first, then its terms."""
        asking = rules.Asking(
            child.birth_date, service.min_age_months, service.max_age_months, online=True
        )
        if found := rules.age_objection(asking, day):
            return [found]
        terms = self.terms.get(service.kind)
        return terms.objections(child.id, day) if terms else []

    def lacks(self, centre_id: int, day: date) -> Objection | None:
        """The first thing that the centre does not have that day."""
        if (centre_id, day) not in self._lacking:
            missing = (terms.lacks(centre_id, day) for terms in self.terms.values())
            self._lacking[centre_id, day] = next(
                (objection for objection in missing if objection), None
            )
        return self._lacking[centre_id, day]

    def keep(
        self, holds: Sequence[Held], *, by: Person, now: datetime, is_new: bool = False
    ) -> None:
        """Keep what these holds need beside their places. Raises DomainError."""
        for hold in holds:
            if terms := self.terms.get(self.kinds[hold.service_id]):
                terms.keep(hold, by=by, now=now, is_new=is_new)

    def against(
        self, wishes: Sequence[Request], centre_ids: Sequence[int], day: date
    ) -> list[Objection]:
        """What stands against these wishes on that day, places apart; a lack only if all centres have it."""
        found = [
            objection for w in wishes for objection in self.objections(w.child, w.service, day)
        ]
        if found or not centre_ids or not self.terms:
            return found
        lacking = [self.lacks(centre_id, day) for centre_id in centre_ids]
        return [lacking[0]] if lacking[0] and all(lacking) else []


def kept_with(holds: Mapping[int, str]) -> dict[int, Sequence[PurposeChoice]]:
    """What is kept with these holds, by hold: as many queries as kinds of service that keep anything."""
    found: dict[int, Sequence[PurposeChoice]] = dict.fromkeys(holds, ())
    for kind, terms in OF_KIND.items():
        if numbers := [one for one, its_kind in holds.items() if its_kind == kind]:
            found |= terms.kept_with(numbers)
    return found
