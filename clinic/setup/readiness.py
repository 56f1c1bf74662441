"""What a centre has and what it lacks before the first family can book. A constant number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Row, ScalarSelect, func, select

from clinic.accounts.models import Membership, Person, Role
from clinic.centres.founding import open_to_families
from clinic.centres.models import (
    Centre,
    CentreService,
    OpeningHours,
    Practitioner,
    PractitionerService,
    Room,
    Service,
)
from clinic.centres.pictures import CentrePicture
from clinic.centres.years import missing_years
from clinic.clock import clinic_day
from clinic.db import db
from clinic.errors import DomainError
from clinic.i18n import gettext, name_of
from clinic.scheduling.models import ClinicSession, Slot
from clinic.sentences import mark
from clinic.services.room import rooms

Counts = Row[Any]  # how much there is, by name


@dataclass(frozen=True)
class Line:
    """One thing that a centre has or lacks, in the reader's language, with the page about it."""

    name: str
    there: str
    is_there: bool
    endpoint: str
    values: Mapping[str, object] = field(default_factory=dict)
    is_managers: bool = False  # its page is for managers of the centre only


@dataclass(frozen=True)
class Readiness:
    """`needed` stands before the first family; `later` can wait; `odd` deserves a look."""

    needed: Sequence[Line]
    later: Sequence[Line]
    odd: Sequence[Line]
    first_free: datetime | None

    @property
    def missing(self) -> int:
        """How much of what is needed is not there."""
        return sum(not line.is_there for line in self.needed)


class NotReady(DomainError):
    message = mark("Something is still missing. The list says what.")


def open_if_ready(centre: Centre, *, by: Person, now: datetime) -> None:
    """Open it to families. Raises NotReady."""
    if readiness_of(centre, now=now).missing:
        raise NotReady
    open_to_families(centre, by=by, now=now)


def readiness_of(centre: Centre, *, now: datetime) -> Readiness:
    """Where the centre stands at that moment."""
    count = _counts(centre, now)
    services = _offered(centre)
    return Readiness(
        needed=[*_places(centre, count), *_work(centre, count, services, now)],
        later=_later(centre, count, now),
        odd=_odd(centre, services, now),
        first_free=_first_free(centre, now),
    )


def _counts(centre: Centre, now: datetime) -> Counts:
    """How much there is of each, in one statement."""

    def rows(what: object, *where: object) -> ScalarSelect[int]:
        return select(func.count(what)).where(*where).scalar_subquery()  # type: ignore[arg-type]

    here = Membership.centre_id == centre.id
    coming = (ClinicSession.withdrawn_at.is_(None), ClinicSession.ends_at > now)
    counted = {
        "days": rows(OpeningHours.weekday.distinct(), OpeningHours.centre_id == centre.id),
        "rooms": rows(Room.id, Room.centre_id == centre.id),
        "fever": rows(Room.id, Room.centre_id == centre.id, Room.is_fever_room),
        "clinicians": rows(Practitioner.id, Practitioner.centre_id == centre.id),
        "managers": rows(Membership.id, here, Membership.role == Role.MANAGER),
        "reception": rows(Membership.id, here, Membership.role == Role.RECEPTION),
        "planned": rows(
            ClinicSession.practitioner_id.distinct(), ClinicSession.centre_id == centre.id, *coming
        ),
        "pictures": rows(CentrePicture.id, CentrePicture.centre_id == centre.id),
    }
    statement = select(*(each.label(name) for name, each in counted.items()))
    row: Counts = db.session.execute(statement).one()  # type: ignore[assignment]
    return row


def _offered(centre: Centre) -> list[Service]:
    query = select(Service).join(CentreService, CentreService.service_id == Service.id)
    return list(
        db.session.scalars(query.where(CentreService.centre_id == centre.id).order_by(Service.id))
    )


def _places(centre: Centre, count: Counts) -> list[Line]:
    here = {"code": centre.code}
    days = ngettext("open on %(num)s day a week", "open on %(num)s days a week", count.days)
    there = ngettext("%(num)s room", "%(num)s rooms", count.rooms)
    if count.fever:
        there += " · " + _("with a fever room")
    return [
        Line(_("Name and address"), name_of(centre, "address"), True, "setup.centre", here),
        _line(_("Opening hours"), count.days, days, "setup.hours", here),
        _line(_("Rooms"), count.rooms, there, "setup.rooms", here),
    ]


def _work(centre: Centre, count: Counts, services: Sequence[Service], now: datetime) -> list[Line]:
    here, asked = {"code": centre.code}, {"centre": centre.code}
    people = [
        ngettext("%(num)s clinician here", "%(num)s clinicians here", count.clinicians),
        ngettext("%(num)s manager", "%(num)s managers", count.managers),
        ngettext("%(num)s at reception", "%(num)s at reception", count.reception),
    ]
    names = _(", ").join(name_of(service) for service in services)
    hours = _(
        "%(planned)s of %(all)s clinicians have sessions",
        planned=count.planned,
        all=count.clinicians,
    )
    is_staffed = bool(count.clinicians and count.managers)
    kinds = {service.kind for service in services}
    return [
        _line(_("Services"), len(services), names, "setup.centre_services", here),
        Line(_("People"), " · ".join(people), is_staffed, "staff.people", here),
        Line(_("Rota"), hours, bool(count.planned), "manage.rota", asked, is_managers=True),
        *(
            Line(
                gettext(need.link.label),
                str(need.count) if need.count else _("nothing yet"),
                need.count > 0,
                need.link.endpoint,
                need.link.values,
                is_managers=True,
            )
            for room in rooms()
            if room.kind in kinds
            for need in room.needs_of_centre(centre, clinic_day(now))
        ),
    ]


def _line(name: str, count: int, there: str, endpoint: str, values: Mapping[str, object]) -> Line:
    return Line(name, there if count else _("nothing yet"), count > 0, endpoint, values)


def _later(centre: Centre, count: Counts, now: datetime) -> list[Line]:
    here = {"code": centre.code}
    years = missing_years(clinic_day(now))
    unknown = _("not known yet: %(years)s", years=", ".join(map(str, years)))
    pictures = ngettext("%(num)s picture", "%(num)s pictures", count.pictures)
    parking = name_of(centre, "parking")
    return [
        _line(_("Pictures"), count.pictures, pictures, "setup.pictures", here),
        _line(_("Parking"), len(parking), parking, "setup.centre", here),
        Line(
            _("Public holidays"), unknown if years else _("known"), not years, "setup.hours", here
        ),
    ]


def _odd(centre: Centre, services: Sequence[Service], now: datetime) -> list[Line]:
    """Rooms that no session uses, and services that no clinician here gives. Two statements."""
    used = select(ClinicSession.room_id).where(
        ClinicSession.centre_id == centre.id,
        ClinicSession.withdrawn_at.is_(None),
        ClinicSession.ends_at > now,
    )
    idle = db.session.scalars(
        select(Room).where(Room.centre_id == centre.id, Room.id.not_in(used)).order_by(Room.id)
    )
    given = set(
        db.session.scalars(
            select(PractitionerService.service_id)
            .join(Practitioner, Practitioner.id == PractitionerService.practitioner_id)
            .where(Practitioner.centre_id == centre.id)
        )
    )
    here = {"code": centre.code}
    return [
        *(
            Line(name_of(room), _("no session is planned in it"), False, "setup.rooms", here)
            for room in idle
        ),
        *(
            Line(name_of(service), _("no clinician here gives it"), False, "setup.who_gives", here)
            for service in services
            if service.id not in given
        ),
    ]


def _first_free(centre: Centre, now: datetime) -> datetime | None:
    """When the first slot with a place in it begins."""
    query = select(func.min(Slot.starts_at)).where(
        Slot.centre_id == centre.id,
        Slot.starts_at > now,
        Slot.closed_at.is_(None),
        Slot.taken < Slot.capacity,
    )
    return db.session.scalar(query)
