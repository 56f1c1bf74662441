"""What a family may wait for: a day on which a centre may give it, at an hour at which it is given."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from clinic.centres.models import Centre, CentreService, Service
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.scheduling.dayparts import (
    PARTS,
    part_of,
    parts_between,
    parts_left,
)
from clinic.scheduling.models import (
    ClinicSession,
    RotaRule,
    RotaRuleService,
    Slot,
    SlotService,
)
from clinic.scheduling.timetable.extending import timetables
from clinic.scheduling.timetable.weekly import applies
from clinic.scheduling.verdict import rules
from clinic.sentences import mark


class NeverMet(DomainError):
    message = mark(
        "With these choices there will never be a time. Please choose other days, times or centres."
    )


def must_be_possible(
    children: Sequence[Child],
    service: Service,
    centres: Sequence[Centre],
    weekdays: Collection[int],
    parts: Collection[str],
    first_day: date,
    last_day: date,
    now: datetime,
) -> None:
    """Raise NeverMet unless on some day every child may come and a centre may give it at such an hour."""
    given = select(CentreService.centre_id).where(CentreService.service_id == service.id)
    offering = set(db.session.scalars(given)) & {centre.id for centre in centres}
    length = max(0, (last_day - first_day).days + 1)
    days = [first_day + timedelta(days=n) for n in range(length)]
    days = [
        day
        for day in days
        if day.weekday() in weekdays and all(is_of_age(child, service, day) for child in children)
    ]
    if not children or not offering or not days:
        raise NeverMet
    hours = _hours_of(service, offering, days)
    today, wanted = clinic_day(now), set(parts)
    left = wanted & set(parts_left(now))
    if not any(
        hours.on(centre_id, day) & (wanted if day > today else left)
        for day in days
        for centre_id in offering
    ):
        raise NeverMet


def is_of_age(child: Child, service: Service, day: date) -> bool:
    """Whether the child has the age for the service on that day."""
    return rules.age_objection(child.birth_date, service, day) is None


@dataclass(frozen=True)
class _Hours:
    """When a service is given: what is open already, and what the rota will open.

    `weekdays` has the timetable of each centre's days, without those that nobody knows yet.
    """

    open: Collection[tuple[int, date, str]]  # centre, day, part
    rules: Mapping[int, Sequence[RotaRule]]
    weekdays: Mapping[int, Mapping[date, int | None]]

    def on(self, centre_id: int, day: date) -> set[str]:
        """The parts of that day at which the centre may give it. A centre without a rota may at all."""
        found = {part for part in PARTS if (centre_id, day, part) in self.open}
        if day not in self.weekdays[centre_id]:
            return set(PARTS)  # nobody knows yet
        weekday = self.weekdays[centre_id][day]
        if weekday is None:
            return found
        if not self.rules.get(centre_id):
            return set(PARTS)
        for rule in self.rules[centre_id]:
            if applies(rule, day, weekday):
                found |= parts_between(rule.opens, rule.closes)
        return found


def _hours_of(service: Service, centre_ids: Collection[int], days: Sequence[date]) -> _Hours:
    by_centre: dict[int, list[RotaRule]] = {}
    for rule in _rules(service, centre_ids):
        by_centre.setdefault(rule.centre_id, []).append(rule)
    return _Hours(
        open=set(_open(service, centre_ids, days)),
        rules=by_centre,
        weekdays=timetables(centre_ids, days),
    )


def _rules(service: Service, centre_ids: Collection[int]) -> Iterable[RotaRule]:
    return db.session.scalars(
        select(RotaRule)
        .join(RotaRuleService)
        .where(
            RotaRuleService.service_id == service.id,
            RotaRule.centre_id.in_(centre_ids),
            RotaRule.cancelled_at.is_(None),
        )
    )


def _open(
    service: Service, centre_ids: Collection[int], days: Sequence[date]
) -> Iterator[tuple[int, date, str]]:
    """Where and when there are slots, free or not: a place may be given back."""
    rows = db.session.execute(
        select(Slot.centre_id, Slot.starts_at)
        .join(SlotService)
        .join(ClinicSession)
        .where(
            SlotService.service_id == service.id,
            Slot.centre_id.in_(centre_ids),
            Slot.starts_at >= day_bounds(days[0])[0],
            Slot.starts_at < day_bounds(days[-1])[1],
            ClinicSession.withdrawn_at.is_(None),
        )
    )
    for row in rows:
        yield row.centre_id, clinic_day(row.starts_at), part_of(row.starts_at)
