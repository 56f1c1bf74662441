"""Centres and what they offer."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, Date, bindparam, func, select
from sqlalchemy.orm import selectinload

from clinic.accounts.models import Person, Role
from clinic.centres.announcements import NOT_ENDED, Announcement
from clinic.centres.models import (
    Centre,
    CentreService,
    Closure,
    OpeningHours,
    Practitioner,
    PractitionerService,
    Service,
)
from clinic.centres.retired import is_in_use
from clinic.clock import clinic_day
from clinic.db import db
from clinic.prepared import Prepared

EARTH_KM = 6371.0
# Of a service at a centre: the centre's own price goes before the city's.
PRICE = func.coalesce(CentreService.price_fen, Service.price_fen).label("price")


class PlannedUse(Protocol):
    """What is planned for a room of a centre at a moment: an appointment."""

    id: int
    centre_id: int
    room_id: int
    starts_at: datetime
    ends_at: datetime


class PublicCentre(NamedTuple):
    """What everybody may read of a centre; equal to another that says the same."""

    place: Any  # a row of the table `centres`
    hours: tuple[Any, ...]
    services: tuple[Any, ...]
    announcements: tuple[Any, ...] = ()  # that are shown now


def _used_on(table: Any) -> ColumnElement[bool]:
    return is_in_use(table, bindparam("day", type_=Date()))


_centres, _hours, _services = Centre.__table__, OpeningHours.__table__, Service.__table__
_told = Announcement.__table__
CENTRES = Prepared(
    select(_centres)
    .where(_centres.c.opened_at.is_not(None), _used_on(_centres.c))
    .order_by(_centres.c.id)
)
HOURS = Prepared(select(_hours).order_by(_hours.c.weekday, _hours.c.opens))
OFFERED = Prepared(
    select(CentreService.centre_id, _services.c.id, _services.c.name_zh, _services.c.name_en)
    .join_from(_services, CentreService.__table__, CentreService.service_id == _services.c.id)
    .where(_used_on(CentreService), _used_on(Service))
    .order_by(_services.c.id)
)
SHOWN = Prepared(
    select(_told.c.id, _told.c.centre_id, _told.c.text_zh, _told.c.text_en)
    .where(NOT_ENDED, _told.c.starts_at <= bindparam("now"), _told.c.ends_at > bindparam("now"))
    .order_by(_told.c.starts_at, _told.c.id)
)


def public_centres(now: datetime) -> tuple[PublicCentre, ...]:
    """Every centre that has opened and is in use, with its hours, services and what it announces,
    in the order they were founded. Four statements."""
    day = clinic_day(now)
    hours, services = _by_centre(HOURS.all()), _by_centre(OFFERED.all(day=day))
    told = _by_centre(SHOWN.all(now=now))
    return tuple(
        PublicCentre(
            place, tuple(hours[place.id]), tuple(services[place.id]), tuple(told[place.id])
        )
        for place in CENTRES.all(day=day)
    )


def _by_centre(rows: Iterable[Any]) -> Mapping[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.centre_id].append(row)
    return found


def get_centre(code: str) -> Centre:
    """The centre of that code with its hours, services and practitioners. Raises NoResultFound."""
    query = (
        select(Centre)
        .where(Centre.code == code)
        .options(
            selectinload(Centre.opening_hours),
            selectinload(Centre.services),
            selectinload(Centre.practitioners),
        )
    )
    return db.session.execute(query).scalar_one()


def prices_at(centre_id: int) -> dict[int, int | None]:
    """What each service costs there, by its id, in fen; None where nothing is said of it."""
    query = select(CentreService.service_id, PRICE).join(
        Service, Service.id == CentreService.service_id
    )
    rows = db.session.execute(query.where(CentreService.centre_id == centre_id))
    return {row.service_id: row.price for row in rows}


def offered_at(centre_id: int, day: date) -> list[Service]:
    """The services that the centre offers on that day."""
    query = (
        select(Service)
        .join(CentreService, CentreService.service_id == Service.id)
        .where(
            CentreService.centre_id == centre_id,
            is_in_use(Service, day),
            is_in_use(CentreService, day),
        )
        .order_by(Service.id)
    )
    return list(db.session.scalars(query))


def services_of(kind: str, day: date) -> list[Service]:
    """The services of one kind that are in use that day."""
    return list(
        db.session.scalars(
            select(Service)
            .where(Service.kind == kind, is_in_use(Service, day))
            .order_by(Service.id)
        )
    )


def centres_with(service: Service, day: date) -> list[Centre]:
    """The centres that have opened and offer a service on that day."""
    return list(
        db.session.scalars(
            select(Centre)
            .join(CentreService, CentreService.centre_id == Centre.id)
            .where(
                CentreService.service_id == service.id,
                Centre.opened_at.is_not(None),
                is_in_use(CentreService, day),
                is_in_use(Centre, day),
            )
            .order_by(Centre.id)
        )
    )


def practitioners_for(service: Service) -> list[Practitioner]:
    """Everybody who gives a service at a centre that has opened."""
    return list(
        db.session.scalars(
            select(Practitioner)
            .join(PractitionerService, PractitionerService.practitioner_id == Practitioner.id)
            .join(Centre, Centre.id == Practitioner.centre_id)
            .where(PractitionerService.service_id == service.id, Centre.opened_at.is_not(None))
            .order_by(Practitioner.id)
        )
    )


def kilometres(centre: Centre, latitude: float, longitude: float) -> float:
    """The distance as the crow flies, in km."""
    here, there = math.radians(latitude), math.radians(centre.latitude)
    half_lat = (there - here) / 2
    half_lng = math.radians(centre.longitude - longitude) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(here) * math.cos(there) * math.sin(half_lng) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(chord))


def closures_over(uses: Collection[PlannedUse]) -> dict[int, Closure]:
    """By the id of each of these visits, the closure that shuts its room at its time. One query."""
    if not uses:
        return {}
    query = select(Closure).where(
        Closure.centre_id.in_({use.centre_id for use in uses}),
        Closure.lifted_at.is_(None),
        Closure.starts_at < max(use.ends_at for use in uses),
        Closure.ends_at > min(use.starts_at for use in uses),
    )
    closures = db.session.scalars(query.order_by(Closure.id.desc())).all()
    return {
        use.id: closure
        for closure in closures  # the first of several is told, so it comes last
        for use in uses
        if closure.centre_id == use.centre_id
        and closure.room_id in (None, use.room_id)
        and closure.starts_at < use.ends_at
        and closure.ends_at > use.starts_at
    }


def closures_by_day(
    centre_ids: Collection[int], start: datetime, end: datetime
) -> list[tuple[date, Closure]]:
    """The closures of these centres in [start, end), each with every clinic day that it touches."""
    query = select(Closure).where(
        Closure.centre_id.in_(centre_ids),
        Closure.lifted_at.is_(None),
        Closure.starts_at < end,
        Closure.ends_at > start,
    )
    found = []
    for closure in db.session.scalars(query.order_by(Closure.id)):
        first = clinic_day(max(closure.starts_at, start))
        last = clinic_day(min(closure.ends_at, end) - timedelta(microseconds=1))
        found += [(first + timedelta(days=n), closure) for n in range((last - first).days + 1)]
    return found


def is_self(user: Person) -> ColumnElement[bool]:
    """Practitioners who are this user, at the centres where they see children today.

    Whoever left a centre keeps the row of their past there, and none of its children.
    """
    return (Practitioner.user_id == user.id) & Practitioner.centre_id.in_(
        user.centre_ids(Role.CLINICIAN)
    )
