"""The rules of booking as configuration: for the site, a centre, a service, or a service at a centre.

What nobody set has the default written here. None of the defaults is an official rule of
Hangzhou (none was found): they are what clinics of the region are seen to do, and each centre
may set its own.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, replace
from datetime import datetime, time
from functools import cache

from sqlalchemy import bindparam, or_, select
from sqlalchemy.exc import IntegrityError
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


def bounds(name: str) -> tuple[int, int]:
    """The least and the most that a whole number of the policy can be set to."""
    return LEAST.get(name, 0), MOST.get(name, MOST_MINUTES)


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
        return _whole(value, *bounds(name))
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


Scope = tuple[int | None, int | None]  # a service and a centre; None is every one


def policies(
    service_ids: list[int],
    session: Session | None = None,
    instead: Mapping[Scope, Mapping[str, object]] | None = None,
) -> Callable[[int, int], Policy]:
    """The policies of these services at every centre, as a function of service and centre. One query.

    What is set for a service at a centre goes before what is set for the service, that before
    what is set for the centre, and that before the site's. `instead`: as if this were set.
    """
    found = (session or db.session).execute(SETTINGS, {"service_ids": service_ids}).all()
    settings_of: dict[Scope, Mapping[str, object]] = {
        (row.service_id, row.centre_id): row.settings for row in found
    }
    settings_of |= instead or {}
    # The site's first, the centre's next, then the service's, then both.
    scopes = sorted(settings_of, key=lambda scope: (scope[0] is not None, scope[1] is not None))
    known = [(*scope, parsed(settings_of[scope])) for scope in scopes]

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
    unset: Collection[str] = (),
) -> PolicyRow:
    """Set these rules for a service, a centre, both, or (neither) the site; others stay as they were.

    Those of `unset` follow again what is set more widely. Raises BadPolicy. What is released
    already stays open: see `release.reschedule`.
    """
    parsed(settings)
    row = locked_row(service.id if service else None, centre.id if centre else None)
    before = {name: row.settings.get(name) for name in (*settings, *unset)}
    kept = {name: value for name, value in row.settings.items() if name not in unset}
    row.settings = kept | dict(settings)
    db.session.flush()
    audit.record(
        "set_policy",
        row,
        by=by.id if by else None,
        now=now,
        centre_id=row.centre_id,
        settings=dict(settings),
        unset=sorted(unset),
        before=before,
    )
    db.session.flush()
    return row


def locked_row(service_id: int | None, centre_id: int | None) -> PolicyRow:
    """What is set for exactly this scope, locked; a row that sets nothing if there was none."""
    scope = f"{service_id or '*'}@{centre_id or '*'}"
    query = select(PolicyRow).where(PolicyRow.scope == scope).with_for_update()
    if (row := db.session.scalar(query, execution_options={"populate_existing": True})) is not None:
        return row
    made = PolicyRow(scope=scope, service_id=service_id, centre_id=centre_id, settings={})
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError:  # it was set elsewhere just now
        return db.session.scalars(query).one()
    return made


def settings_at(service_id: int | None, centre_id: int | None) -> dict[Scope, dict[str, object]]:
    """What is set for exactly this scope and for the wider ones, the widest first. One query."""
    wanted = dict.fromkeys(
        [(None, None), (None, centre_id), (service_id, None), (service_id, centre_id)]
    )
    rows = db.session.execute(SETTINGS, {"service_ids": [service_id] if service_id else []})
    found = {(row.service_id, row.centre_id): row.settings for row in rows}
    return {scope: found.get(scope, {}) for scope in wanted}
