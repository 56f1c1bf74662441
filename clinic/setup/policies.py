"""What a change of the rules of booking would change, and the change itself. Verbs flush."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from clinic.accounts.models import Person
from clinic.centres.models import Centre, CentreService, Service
from clinic.db import db
from clinic.reservations.queries import is_to_come
from clinic.scheduling.models import Appointment
from clinic.scheduling.policies.policy import Policy
from clinic.scheduling.policies.stored import (
    locked_row,
    policies,
    set_policy,
    settings_at,
)
from clinic.scheduling.timetable import release
from clinic.setup.as_shown import must_be

Settings = Mapping[str, object]  # as JSON has them


@dataclass(frozen=True)
class Scope:
    """For what rules are set: a service at a centre; None is every one."""

    service: Service | None
    centre: Centre | None

    @property
    def ids(self) -> tuple[int | None, int | None]:
        """As the policies name it."""
        return self.service.id if self.service else None, self.centre.id if self.centre else None

    def own(self) -> Settings:
        """What is set for exactly this."""
        return settings_at(*self.ids)[self.ids]

    def service_ids(self) -> list[int]:
        """The services that it concerns."""
        if self.service:
            return [self.service.id]
        query = select(CentreService.service_id).distinct().order_by(CentreService.service_id)
        if self.centre:
            query = query.where(CentreService.centre_id == self.centre.id)
        return list(db.session.scalars(query))


@dataclass(frozen=True)
class Effect:
    """What other settings would change.

    `opens_now` are days that open online at once, `earlier` and `later` days that are not open yet
    and would open at another moment than was said. `visits` are booked and stay; of them so many
    could be moved or cancelled online only before the change (`bound`), or only after it (`freed`).
    """

    opens_now: tuple[date, ...]
    earlier: int
    later: int
    visits: int
    bound: int
    freed: int


def effect(scope: Scope, settings: Settings, *, now: datetime) -> Effect:
    """What would change if exactly these were set for the scope. As many queries for one as for all."""
    ids = scope.service_ids()
    before, after = policies(ids), policies(ids, instead={scope.ids: settings})
    centre_id = scope.ids[1]
    opens_now, earlier, later = set[date](), set[date](), set[date]()
    for service_id, at_centre, day in release.closed_days(ids, now):
        if centre_id not in (None, at_centre):
            continue
        key = (service_id, at_centre)
        was, is_new = before(*key).releases_at(day), after(*key).releases_at(day)
        if is_new <= now < was:
            opens_now.add(day)
        elif is_new != was:
            (earlier if is_new < was else later).add(day)
    visits = _visits(scope, ids, now)
    could, can = (
        sum(_is_movable(visit, policy_of, now) for visit in visits) for policy_of in (before, after)
    )
    return Effect(
        opens_now=tuple(sorted(opens_now)),
        earlier=len(earlier - opens_now),
        later=len(later),
        visits=len(visits),
        bound=max(could - can, 0),
        freed=max(can - could, 0),
    )


Visit = tuple[int, int, datetime]  # service, centre, when it begins


def _visits(scope: Scope, service_ids: list[int], now: datetime) -> list[Visit]:
    query = select(Appointment.service_id, Appointment.centre_id, Appointment.starts_at).where(
        Appointment.service_id.in_(service_ids), is_to_come(now), Appointment.starts_at > now
    )
    if scope.centre:
        query = query.where(Appointment.centre_id == scope.centre.id)
    rows = db.session.execute(query)
    return [(row.service_id, row.centre_id, row.starts_at) for row in rows]


def _is_movable(visit: Visit, policy_of: Callable[[int, int], Policy], now: datetime) -> bool:
    service_id, centre_id, starts_at = visit
    policy = policy_of(service_id, centre_id)
    notice = max(policy.notice_to_move, policy.notice_to_cancel)
    return bool(starts_at - now >= timedelta(minutes=notice))


def change(scope: Scope, settings: Settings, *, version: str, by: Person, now: datetime) -> None:
    """Set exactly these for the scope; days that are not open yet follow.

    `version` is of what was set for it when it was shown. Raises BadPolicy, ChangedMeanwhile.
    """
    row = locked_row(*scope.ids)
    must_be(version, sorted(row.settings.items()))
    changed = {name: value for name, value in settings.items() if row.settings.get(name) != value}
    set_policy(
        changed,
        unset=sorted(set(row.settings) - set(settings)),
        service=scope.service,
        centre=scope.centre,
        by=by,
        now=now,
    )
    release.reschedule(scope.service_ids(), now=now)
