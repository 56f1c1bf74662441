"""The services of the city: what can be booked, for whom, for how long, at which price. Verbs flush."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import CentreService, Service
from clinic.clock import clinic_day
from clinic.db import db
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.families.reconciling import reconciled
from clinic.reservations.queries import is_to_come
from clinic.scheduling.models import Appointment
from clinic.scheduling.verdict.rules import age_objection
from clinic.sentences import mark
from clinic.services.room import room_of
from clinic.setup.as_shown import must_be


class CodeIsTaken(DomainError):
    message = mark("Another service has this code.")


class AgesBackwards(DomainError):
    message = mark("The last age must not lie before the first.")


class NeverPriced(DomainError):
    """A kind of service says that its services have no price, and why."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.message = why


class BookedOutsideAges(DomainError):
    """Visits to come are of children whom the service would not see any more: look, and say so again."""

    message = mark(
        "%(visits)s booked visits are of children outside these ages. Save again to go on: "
        "the families and the desk are asked whether to keep, move or cancel them."
    )


@dataclass(frozen=True)
class ServiceFacts:
    """What can be said of a service at any time. Ages in completed months, both included; price in fen."""

    name_zh: str
    name_en: str
    about_zh: str
    about_en: str
    bring_zh: str  # one thing a line
    bring_en: str
    minutes: int
    hold_minutes: int
    min_age_months: int
    max_age_months: int
    price_fen: int | None


def facts_of(service: Service) -> ServiceFacts:
    """As they are on record."""
    return ServiceFacts(
        **{field.name: getattr(service, field.name) for field in fields(ServiceFacts)}
    )


def add_service(kind: str, code: str, facts: ServiceFacts, *, by: Person, now: datetime) -> Service:
    """A new service, which no centre offers yet. Raises AgesBackwards, NeverPriced, CodeIsTaken."""
    _check(kind, facts)
    service = Service(kind=kind, code=code, **asdict(facts))
    try:
        with db.session.begin_nested():
            db.session.add(service)
    except IntegrityError as error:
        raise CodeIsTaken from error
    audit.record("add_service", service, by=by.id, now=now, kind=kind, code=code, **asdict(facts))
    return service


def change_service(
    service: Service,
    facts: ServiceFacts,
    *,
    version: str,
    asked_about: int,
    by: Person,
    now: datetime,
) -> bool:
    """Say something else of it; whether anything changed. Booked visits keep their time and length.

    Kind and code stay, for what is on record hangs on them. `asked_about` is how many booked visits
    outside the new ages were shown. Raises as `add_service` does, ChangedMeanwhile, BookedOutsideAges.
    """
    _check(service.kind, facts)
    # Bookings name the service and do not wait for this.
    db.session.refresh(service, with_for_update={"key_share": True, "of": Service})
    before = facts_of(service)
    must_be(version, before)
    changed = {
        name: [old, value]
        for (name, value), old in zip(asdict(facts).items(), asdict(before).values(), strict=True)
        if value != old
    }
    if not changed:
        return False
    outside = outside_ages(service, facts, now=now)
    if len(outside) > asked_about:
        raise BookedOutsideAges(visits=len(outside))
    with reconciled(sorted({visit.child_id for visit in outside}), by=by, now=now):
        for name, (_, value) in changed.items():
            setattr(service, name, value)
        db.session.flush()
    audit.record("change_service", service, by=by.id, now=now, changed=changed)
    return True


def _check(kind: str, facts: ServiceFacts) -> None:
    if facts.max_age_months < facts.min_age_months:
        raise AgesBackwards
    refuse_price(kind, facts.price_fen)


def refuse_price(kind: str, price_fen: int | None) -> None:
    """Raises NeverPriced if there is a price and services of this kind have none."""
    if price_fen is not None and (why := room_of(kind).never_priced):
        raise NeverPriced(why)


def outside_ages(service: Service, facts: ServiceFacts, *, now: datetime) -> list[Appointment]:
    """The visits to come that the service sees today, and would not at these ages."""
    if (facts.min_age_months, facts.max_age_months) == (
        service.min_age_months,
        service.max_age_months,
    ):
        return []
    query = (
        select(Appointment, Child.birth_date)
        .join(Child, Child.id == Appointment.child_id)
        .where(Appointment.service_id == service.id, is_to_come(now))
        .order_by(Appointment.id)
    )
    return [
        visit
        for visit, born in db.session.execute(query)
        if age_objection(born, facts, clinic_day(visit.starts_at)) is not None
    ]


def all_services() -> list[tuple[Service, int]]:
    """Every service of the city, and how many centres offer it. One query."""
    query = (
        select(Service, func.count(CentreService.centre_id))
        .outerjoin(CentreService, CentreService.service_id == Service.id)
        .group_by(Service.id)
        .order_by(Service.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(query)]
