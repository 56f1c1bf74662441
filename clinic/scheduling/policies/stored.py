"""The rules of booking as configuration: for the site, a centre, a service, or a service at a centre.

What nobody set has the default written here. None of the defaults is an official rule of
Hangzhou (none was found): they are what clinics of the region are seen to do, and each centre
may set its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import datetime, time
from functools import cache

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Centre, Service
from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling.models import PolicyRow
from clinic.scheduling.policies.policy import DEFAULT, Policy
from clinic.sentences import mark


class BadPolicy(DomainError):
    message = mark("%(name)s cannot be set to %(value)s.")


MOST = {"release_days": 366, "rest_seconds": 3600, "rush_minutes": 24 * 60, "holds_per_family": 20}
LEAST = {"holds_per_family": 1, "per_day": 1, "per_week": 1, "offer_minutes": 1}
MOST_MINUTES = 366 * 24 * 60


def parsed(settings: Mapping[str, object]) -> dict[str, object]:
    """The settings, as JSON has them, as the policy's own values. Raises BadPolicy."""
    known = {field.name: getattr(DEFAULT, field.name) for field in fields(Policy)}
    found = {}
    for name, value in settings.items():
        try:
            found[name] = _parse(name, known[name], value)
        except (KeyError, TypeError, ValueError) as error:
            raise BadPolicy(name=name, value=value) from error
    return found


def _parse(name: str, default: object, value: object) -> object:
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise TypeError(name)
        return value
    if isinstance(default, int):
        return _whole(value, LEAST.get(name, 0), MOST.get(name, MOST_MINUTES))
    if isinstance(default, time):
        return time.fromisoformat(str(value))
    steps = tuple((_whole(count, 1, 100), _whole(days, 1, 366)) for count, days in value)  # type: ignore[attr-defined]
    if list(steps) != sorted(steps):
        raise ValueError(name)
    return steps


def _whole(value: object, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(value)
    return value


_rows = PolicyRow.__table__.c
SETTINGS = select(_rows.service_id, _rows.centre_id, _rows.settings).where(
    or_(
        _rows.service_id.in_(bindparam("service_ids", expanding=True)),
        _rows.service_id.is_(None),
    )
)


def policies(
    service_ids: list[int], session: Session | None = None
) -> Callable[[int, int], Policy]:
    """The policies of these services at every centre, as a function of service and centre. One query.

    What is set for a service at a centre goes before what is set for the service, that before
    what is set for the centre, and that before the site's.
    """
    found = (session or db.session).execute(SETTINGS, {"service_ids": service_ids}).all()
    # The site's first, the centre's next, then the service's, then both.
    rows = sorted(found, key=lambda row: (row.service_id is not None, row.centre_id is not None))
    known = [(row.service_id, row.centre_id, parsed(row.settings)) for row in rows]

    @cache
    def policy_of(service_id: int, centre_id: int) -> Policy:
        policy = DEFAULT
        for its_service, its_centre, settings in known:
            if its_service in (None, service_id) and its_centre in (None, centre_id):
                policy = replace(policy, **settings)  # type: ignore[arg-type]
        return policy

    return policy_of


def policy_for(service_id: int, centre_id: int) -> Policy:
    """The policy of one service at one centre."""
    return policies([service_id])(service_id, centre_id)


def longest_release() -> int:
    """The most days ahead that any service opens online anywhere. One query."""
    settings = db.session.scalars(select(_rows.settings))
    set_to: list[int] = [row["release_days"] for row in settings if "release_days" in row]
    return max(set_to, default=DEFAULT.release_days)


def set_policy(
    settings: Mapping[str, object],
    *,
    service: Service | None,
    centre: Centre | None,
    by: Person | None,
    now: datetime,
) -> PolicyRow:
    """Set these rules for a service, a centre, both, or (neither) the site; others stay as they were.

    Raises BadPolicy. What is released already stays open: see `release.reschedule`.
    """
    parsed(settings)
    service_id, centre_id = service.id if service else None, centre.id if centre else None
    scope = f"{service_id or '*'}@{centre_id or '*'}"
    row = db.session.scalar(select(PolicyRow).where(PolicyRow.scope == scope).with_for_update())
    if row is None:
        row = PolicyRow(scope=scope, service_id=service_id, centre_id=centre_id, settings={})
        db.session.add(row)
    row.settings = row.settings | dict(settings)
    db.session.flush()
    audit.record(
        "set_policy",
        row,
        by=by.id if by else None,
        now=now,
        centre_id=row.centre_id,
        settings=dict(settings),
    )
    db.session.flush()
    return row
