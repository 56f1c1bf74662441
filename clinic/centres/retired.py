"""What is retired, and from which day on. The rows stay, so that what is past keeps its names."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from sqlalchemy import ColumnElement, literal, or_, select, union_all

from clinic.centres.models import Centre, CentreService, Practitioner, Room, Service
from clinic.db import db


class Retires(Protocol):
    """A row that may be retired: a clinician, a room, a service, what a centre offers, a centre."""

    @property
    def retired_on(self) -> date | None: ...


def is_retired(row: Retires, day: date) -> bool:
    """Whether it is retired on that day."""
    return row.retired_on is not None and row.retired_on <= day


def in_use(rows: Iterable[Any], day: date, *, but: Collection[int] = ()) -> list[Any]:
    """Those of these rows that are not retired on that day, and those with one of the ids of `but`."""
    return [row for row in rows if row.id in but or not is_retired(row, day)]


def is_in_use(table: Any, day: Any) -> ColumnElement[bool]:
    """The rows of that table that are not retired on that day."""
    return or_(table.retired_on.is_(None), table.retired_on > day)


@dataclass(frozen=True)
class Retirements:
    """From which day on what of some centres is retired, by ids; the rest is in use."""

    centres: dict[int, date] = field(default_factory=dict)
    rooms: dict[int, date] = field(default_factory=dict)
    practitioners: dict[int, date] = field(default_factory=dict)
    services: dict[tuple[int, int], date] = field(default_factory=dict)  # by centre and service
    facts: list[tuple[int, str, int, date]] = field(default_factory=list)  # the same, as rows

    def at(self, centre_id: int) -> list[tuple[int, str, int, date]]:
        """All of it that is of that centre, in one order."""
        return sorted(fact for fact in self.facts if fact[0] == centre_id)

    def first_day(self, centre_id: int, room_id: int, practitioner_id: int) -> date | None:
        """From when on these three see no child together."""
        found = (
            self.centres.get(centre_id),
            self.rooms.get(room_id),
            self.practitioners.get(practitioner_id),
        )
        return min((day for day in found if day is not None), default=None)

    def services_on(self, centre_id: int, service_ids: Iterable[int], day: date) -> list[int]:
        """Those of these services that the centre does not offer any more on that day."""
        return [
            service_id
            for service_id in service_ids
            if (retired := self.services.get((centre_id, service_id))) and retired <= day
        ]


def retirements(centre_ids: Collection[int]) -> Retirements:
    """What is retired, or will be, at these centres. One query."""
    found = Retirements()
    for what, centre_id, number, day in db.session.execute(union_all(*_retired(centre_ids))):
        found.facts.append((centre_id, what, number, day))
        if what == "service":
            key = centre_id, number
            found.services[key] = min(day, found.services.get(key, day))
        else:
            getattr(found, what)[number] = day
    return found


def _retired(centre_ids: Collection[int]) -> list[Any]:
    offered = select(literal("service"), CentreService.centre_id, CentreService.service_id)
    rows = [
        select(literal("centres"), Centre.id, Centre.id, Centre.retired_on),
        select(literal("rooms"), Room.centre_id, Room.id, Room.retired_on),
        select(
            literal("practitioners"),
            Practitioner.centre_id,
            Practitioner.id,
            Practitioner.retired_on,
        ),
        offered.add_columns(CentreService.retired_on),
        offered.add_columns(Service.retired_on).join(
            Service, Service.id == CentreService.service_id
        ),
    ]
    return [
        row.where(row.selected_columns[1].in_(centre_ids), row.selected_columns[3].is_not(None))
        for row in rows
    ]
