"""What a centre offers and at which price, and who gives it there. Verbs flush.

What is in use is not taken away here: `uses` says what stands against it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, delete, func, select

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Centre, CentreService, Practitioner, PractitionerService, Service
from clinic.clock import clinic_day
from clinic.db import db
from clinic.errors import DomainError
from clinic.reservations.queries import is_to_come
from clinic.scheduling.models import (
    Appointment,
    ClinicSession,
    RotaRule,
    RotaRuleService,
    SlotService,
    WaitlistCentre,
    WaitlistEntry,
)
from clinic.scheduling.timetable.opening import one_at_a_time
from clinic.sentences import mark
from clinic.setup.as_shown import must_be
from clinic.setup.services import refuse_price


class StillUsed(DomainError):
    """Services that would be taken away, and what uses each, by the key of the box that was not ticked."""

    message = mark("What is booked, planned or waited for cannot simply be taken away.")

    def __init__(self, by_key: Mapping[Any, "Uses"]) -> None:
        super().__init__()
        self.by_key = by_key


class GivesWhatIsNotOffered(DomainError):
    message = mark("The centre does not offer this service.")


@dataclass(frozen=True)
class Uses:
    """How much to come uses a service: visits, sessions, weekly rules, families who wait."""

    visits: int = 0
    sessions: int = 0
    rules: int = 0
    waiting: int = 0

    def __bool__(self) -> bool:
        return bool(self.visits or self.sessions or self.rules or self.waiting)

    def __add__(self, other: "Uses") -> "Uses":
        return Uses(
            self.visits + other.visits,
            self.sessions + other.sessions,
            self.rules + other.rules,
            self.waiting + other.waiting,
        )


NO_USE = Uses()
Key = TypeVar("Key")
Gives = tuple[int, int]  # a practitioner and a service


def uses_by_practitioner(centre_id: int, *, now: datetime) -> Mapping[Gives, Uses]:
    """What of each practitioner's services is in use at the centre from now on. Three queries."""
    visits = (
        select(Appointment.practitioner_id, Appointment.service_id, func.count())
        .where(Appointment.centre_id == centre_id, is_to_come(now))
        .group_by(Appointment.practitioner_id, Appointment.service_id)
    )
    sessions = (
        select(
            SlotService.practitioner_id,
            SlotService.service_id,
            func.count(SlotService.clinic_session_id.distinct()),
        )
        .join(ClinicSession, ClinicSession.id == SlotService.clinic_session_id)
        .where(
            SlotService.centre_id == centre_id,
            SlotService.starts_at > now,
            ClinicSession.withdrawn_at.is_(None),
        )
        .group_by(SlotService.practitioner_id, SlotService.service_id)
    )
    rules = (
        select(RotaRule.practitioner_id, RotaRuleService.service_id, func.count())
        .join(RotaRuleService, RotaRuleService.rota_rule_id == RotaRule.id)
        .where(RotaRule.centre_id == centre_id, RotaRule.cancelled_at.is_(None))
        .where(func.coalesce(RotaRule.valid_until, clinic_day(now)) >= clinic_day(now))
        .group_by(RotaRule.practitioner_id, RotaRuleService.service_id)
    )
    found: dict[Gives, Uses] = {}
    for query, name in ((visits, "visits"), (sessions, "sessions"), (rules, "rules")):
        for who, what, count in _counted(query):
            found[who, what] = found.get((who, what), NO_USE) + Uses(**{name: count})
    return found


def _counted(query: Select[int, int, int]) -> Iterable[tuple[int, int, int]]:
    return [(row[0], row[1], row[2]) for row in db.session.execute(query)]


def uses_by_service(centre_id: int, *, now: datetime) -> Mapping[int, Uses]:
    """What of each service is in use at the centre from now on. Four queries."""
    found: dict[int, Uses] = {}
    for (_, service_id), used in uses_by_practitioner(centre_id, now=now).items():
        found[service_id] = found.get(service_id, NO_USE) + used
    waiting = (
        select(WaitlistEntry.service_id, func.count())
        .join(WaitlistCentre, WaitlistCentre.entry_id == WaitlistEntry.id)
        .where(WaitlistCentre.centre_id == centre_id, WaitlistEntry.ended_at.is_(None))
        .group_by(WaitlistEntry.service_id)
    )
    for service_id, count in db.session.execute(waiting):
        found[service_id] = found.get(service_id, NO_USE) + Uses(waiting=count)
    return found


def offered_at(centre_id: int) -> dict[int, int | None]:
    """By service that the centre offers, its own price in fen; None: the city's."""
    rows = db.session.execute(
        select(CentreService.service_id, CentreService.price_fen)
        .where(CentreService.centre_id == centre_id)
        .order_by(CentreService.service_id)
    )
    return {row.service_id: row.price_fen for row in rows}


def offer(
    centre: Centre,
    wanted: Mapping[int, int | None],
    *,
    version: str,
    by: Person,
    now: datetime,
) -> bool:
    """The centre offers these services, each at its own price (None: the city's), and no other.

    Whether anything changed. Who gave what is taken away gives it no more. Raises ChangedMeanwhile,
    NeverPriced, StillUsed.
    """
    one_at_a_time([centre.id])
    before = offered_at(centre.id)
    must_be(version, before)
    if before == dict(wanted):
        return False
    services = _services(wanted)
    for service_id, price_fen in wanted.items():
        refuse_price(services[service_id].kind, price_fen)
    _refuse_used(uses_by_service(centre.id, now=now), set(before) - set(wanted))
    _write(centre, before, wanted)
    audit.record(
        "offer_services",
        centre,
        by=by.id,
        now=now,
        centre_id=centre.id,
        before={str(key): price for key, price in before.items()},
        after={str(key): price for key, price in wanted.items()},
    )
    return True


def _services(ids: Iterable[int]) -> dict[int, Service]:
    rows = db.session.scalars(select(Service).where(Service.id.in_(list(ids))))
    return {service.id: service for service in rows}


def _refuse_used(used: Mapping[Key, Uses], gone: Collection[Key]) -> None:
    if standing := {key: used[key] for key in gone if used.get(key)}:
        raise StillUsed(standing)


def _write(
    centre: Centre, before: Mapping[int, int | None], wanted: Mapping[int, int | None]
) -> None:
    gone = set(before) - set(wanted)
    if gone:
        here = select(Practitioner.id).where(Practitioner.centre_id == centre.id)
        for table, theirs in (
            (PractitionerService, PractitionerService.practitioner_id.in_(here)),
            (CentreService, CentreService.centre_id == centre.id),
        ):
            db.session.execute(delete(table).where(theirs, table.service_id.in_(gone)))
    for service_id, price_fen in wanted.items():
        row = db.session.get(CentreService, (centre.id, service_id))
        if row is None:
            row = CentreService(centre_id=centre.id, service_id=service_id)
            db.session.add(row)
        row.price_fen = price_fen
    db.session.flush()


def given_at(centre_id: int) -> set[Gives]:
    """Who gives what there, of what the centre offers."""
    rows = db.session.execute(
        select(PractitionerService.practitioner_id, PractitionerService.service_id)
        .join(Practitioner, Practitioner.id == PractitionerService.practitioner_id)
        .join(
            CentreService,
            (CentreService.centre_id == Practitioner.centre_id)
            & (CentreService.service_id == PractitionerService.service_id),
        )
        .where(Practitioner.centre_id == centre_id)
    )
    return {(row.practitioner_id, row.service_id) for row in rows}


def give(
    centre: Centre, wanted: Collection[Gives], *, version: str, by: Person, now: datetime
) -> bool:
    """These practitioners of the centre give these services, and no other; whether anything changed.

    Raises ChangedMeanwhile, GivesWhatIsNotOffered, StillUsed.
    """
    one_at_a_time([centre.id])
    before, after = given_at(centre.id), set(wanted)
    must_be(version, sorted(before))
    if before == after:
        return False
    if {service_id for _, service_id in after - before} - set(offered_at(centre.id)):
        raise GivesWhatIsNotOffered
    _refuse_used(uses_by_practitioner(centre.id, now=now), before - after)
    for practitioner_id, service_id in before - after:
        key = (practitioner_id, service_id)
        db.session.delete(db.session.get_one(PractitionerService, key))
    db.session.add_all(
        PractitionerService(practitioner_id=practitioner_id, service_id=service_id)
        for practitioner_id, service_id in sorted(after - before)
    )
    db.session.flush()
    audit.record(
        "give_services",
        centre,
        by=by.id,
        now=now,
        centre_id=centre.id,
        added=sorted(after - before),
        removed=sorted(before - after),
    )
    return True
