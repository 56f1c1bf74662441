"""A centre takes over from another what they have in common: hours, rooms, services, rules of booking.

Not people and not pictures. What it has already stays. Verbs flush; the caller commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Centre, CentreService, OpeningHours, Room, Service
from clinic.centres.retired import is_in_use
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.models import PolicyRow
from clinic.scheduling.policies.stored import set_policy
from clinic.scheduling.timetable.opening import one_at_a_time
from clinic.setup.as_shown import must_be, version_of

OF_ROOM = ("name_zh", "name_en", "stations", "is_fever_room", "is_wheelchair_accessible")


@dataclass(frozen=True)
class Copied:
    """What the centre would get. Hours are all or none: of a centre that has some, none are copied."""

    hours: tuple[OpeningHours, ...]
    rooms: tuple[Room, ...]
    offers: tuple[CentreService, ...]
    policies: tuple[PolicyRow, ...]

    @property
    def version(self) -> str:
        """What stands for exactly this."""
        return version_of(_facts(self))

    @property
    def number(self) -> int:
        return sum(map(len, (self.hours, self.rooms, self.offers, self.policies)))


def _facts(shown: Copied) -> object:
    return (
        [(row.weekday, row.opens, row.closes) for row in shown.hours],
        [[getattr(row, name) for name in OF_ROOM] for row in shown.rooms],
        [(row.service_id, row.price_fen) for row in shown.offers],
        [(row.service_id, sorted(row.settings.items())) for row in shown.policies],
    )


def preview(source: Centre, target: Centre, *, now: datetime) -> Copied:
    """What `target` would get from `source`. It writes nothing. Seven queries at most."""
    day = clinic_day(now)
    names = set(db.session.scalars(select(Room.name_zh).where(Room.centre_id == target.id)))
    offered = select(CentreService.service_id).where(CentreService.centre_id == target.id)
    ruled = select(PolicyRow.service_id).where(PolicyRow.centre_id == target.id)
    known = set(db.session.scalars(ruled))
    has_hours = db.session.scalar(
        select(OpeningHours.id).where(OpeningHours.centre_id == target.id).limit(1)
    )
    hours: Sequence[Any] = () if has_hours else _rows(OpeningHours, source, OpeningHours.weekday)
    return Copied(
        hours=tuple(hours),
        rooms=tuple(
            room
            for room in _rows(Room, source, Room.id, is_in_use(Room, day))
            if room.name_zh not in names
        ),
        offers=tuple(
            _rows(
                CentreService,
                source,
                CentreService.service_id,
                is_in_use(CentreService, day),
                CentreService.service_id.not_in(offered),
            )
        ),
        policies=tuple(
            row for row in _rows(PolicyRow, source, PolicyRow.id) if row.service_id not in known
        ),
    )


def _rows(table: Any, centre: Centre, order: Any, *where: Any) -> Sequence[Any]:
    query = select(table).where(table.centre_id == centre.id, *where)
    return db.session.scalars(query.order_by(order)).all()


def copy(source: Centre, target: Centre, version: str, *, by: Person, now: datetime) -> Copied:
    """Do what was shown under that version. Raises ChangedMeanwhile."""
    one_at_a_time([source.id, target.id])
    shown = preview(source, target, now=now)
    must_be(version, _facts(shown))
    for hours in shown.hours:
        times = {"weekday": hours.weekday, "opens": hours.opens, "closes": hours.closes}
        db.session.add(OpeningHours(centre_id=target.id, **times))
    for room in shown.rooms:
        facts = {name: getattr(room, name) for name in OF_ROOM}
        db.session.add(Room(centre_id=target.id, **facts))
    for offer in shown.offers:
        price = {"service_id": offer.service_id, "price_fen": offer.price_fen}
        db.session.add(CentreService(centre_id=target.id, **price))
    db.session.flush()
    for policy in shown.policies:
        service = db.session.get(Service, policy.service_id) if policy.service_id else None
        set_policy(policy.settings, service=service, centre=target, by=by, now=now)
    audit.record(
        "copy centre",
        target,
        by=by.id,
        now=now,
        centre_id=target.id,
        source=source.code,
        hours=len(shown.hours),
        rooms=[room.name_zh for room in shown.rooms],
        services=[offer.service_id for offer in shown.offers],
        policies=len(shown.policies),
    )
    db.session.flush()
    return shown


def services_in(shown: Copied) -> Sequence[Service]:
    """The services that would be offered. One query."""
    ids = [offer.service_id for offer in shown.offers]
    return db.session.scalars(select(Service).where(Service.id.in_(ids)).order_by(Service.id)).all()
