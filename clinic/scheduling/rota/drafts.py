"""Drafts of the rota: what a manager means to add, to change or to end. Nothing changes by them.

A centre's managers share its drafts; `diff` says what they come to, `publishing` does it. A
change ends a rule on the day before its own first day and adds another in its place. Verbs flush;
the caller commits.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Practitioner, Room, Service
from clinic.clock import clinic_day
from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling.models import RotaRule
from clinic.scheduling.rota.models import (
    ONE_DAY,
    DraftKind,
    RotaDraft,
    to_json,
    weekly_of,
)
from clinic.scheduling.timetable.opening import one_at_a_time
from clinic.scheduling.timetable.rota import check_weekly
from clinic.scheduling.timetable.weekly import Weekly, capacity_of
from clinic.sentences import mark


class BeginsTooSoon(DomainError):
    message = mark("What changes the rota begins tomorrow at the earliest: families must know.")


class EndsTooLate(DomainError):
    message = mark("This rule ends on %(day)s already. Please choose an earlier day.")


class NothingToCopy(DomainError):
    message = mark("There is nothing to copy: no rule applies, or the services are not given.")


class NothingChanged(DomainError):
    message = mark("These are the hours as they are already: there is nothing to draft.")


class IsPublished(DomainError):
    message = mark("This draft is no longer open: it was published or discarded meanwhile.")


@dataclass(frozen=True)
class Template:
    """A weekly template with its clinician, its room and its services."""

    practitioner: Practitioner
    room: Room
    services: tuple[Service, ...]
    weekly: Weekly


def check_template(wanted: Template, *, now: datetime) -> None:
    """Raise what stands against it, apart from other rules: those are seen in the diff."""
    check_weekly(wanted.practitioner, wanted.room, wanted.services, wanted.weekly)
    if wanted.weekly.valid_from <= clinic_day(now):
        raise BeginsTooSoon


def draft_add(
    wanted: Template, *, by: Person, now: datetime, draft: RotaDraft | None = None
) -> RotaDraft:
    """Mean to add a rule, or to add it otherwise than this draft says. Raises as `check_template`."""
    check_template(wanted, now=now)
    one_at_a_time([wanted.practitioner.centre_id])
    draft = _open_again(draft) if draft else RotaDraft(kind=DraftKind.ADD)
    return _keep(draft, wanted, by=by, now=now)


def draft_change(rule: RotaRule, wanted: Template, *, by: Person, now: datetime) -> RotaDraft:
    """Mean to put a template in the place of a rule from its first day on.

    What was meant with the rule before is forgotten. Raises as `check_template`, EndsTooLate for
    a rule that ends before that day, and NothingChanged where no draft says otherwise yet.
    """
    check_template(wanted, now=now)
    _must_still_run(rule, wanted.weekly.valid_from)
    draft = _draft_of(rule)
    if draft.id is None and _says_the_same(wanted, rule):
        raise NothingChanged
    draft.kind = DraftKind.CHANGE
    return _keep(draft, wanted, by=by, now=now)


def draft_end(rule: RotaRule, last_day: date, *, by: Person, now: datetime) -> RotaDraft:
    """Mean to end a rule with that day; before its first day it never begins.

    Raises BeginsTooSoon for a day that has passed, and EndsTooLate.
    """
    if last_day < clinic_day(now):
        raise BeginsTooSoon
    _must_still_run(rule, last_day + ONE_DAY)
    draft = _draft_of(rule)
    draft.kind, draft.first_day = DraftKind.END, last_day + ONE_DAY
    draft.practitioner_id = draft.room_id = None
    draft.service_ids, draft.template = [], {}
    return _save(draft, rule.centre_id, by=by, now=now)


def _says_the_same(wanted: Template, rule: RotaRule) -> bool:
    """Whether the rule goes on as it is."""
    weekly = replace(wanted.weekly, capacity=capacity_of(wanted.weekly))
    return (
        (wanted.practitioner.id, wanted.room.id) == (rule.practitioner_id, rule.room_id)
        and {service.id for service in wanted.services} == {service.id for service in rule.services}
        and weekly == from_day(weekly_of(rule), weekly.valid_from)
    )


def _must_still_run(rule: RotaRule, day: date) -> None:
    if rule.valid_until is not None and rule.valid_until < day:
        raise EndsTooLate(day=rule.valid_until)


def _draft_of(rule: RotaRule) -> RotaDraft:
    """The rule's open draft, or a new one."""
    one_at_a_time([rule.centre_id])
    theirs = select(RotaDraft).where(
        RotaDraft.rule_id == rule.id, RotaDraft.publication_id.is_(None)
    )
    return db.session.scalar(theirs) or RotaDraft(rule_id=rule.id)


def _open_again(draft: RotaDraft) -> RotaDraft:
    """The draft as it is by now. Raises IsPublished."""
    query = select(RotaDraft).where(RotaDraft.id == draft.id, RotaDraft.publication_id.is_(None))
    found = db.session.scalar(query, execution_options={"populate_existing": True})
    if found is None:
        raise IsPublished
    return found


def _keep(draft: RotaDraft, wanted: Template, *, by: Person, now: datetime) -> RotaDraft:
    draft.practitioner_id, draft.room_id = wanted.practitioner.id, wanted.room.id
    draft.service_ids = sorted(service.id for service in wanted.services)
    weekly = replace(wanted.weekly, capacity=capacity_of(wanted.weekly))
    draft.template, draft.first_day = to_json(weekly), weekly.valid_from
    return _save(draft, wanted.practitioner.centre_id, by=by, now=now)


def _save(draft: RotaDraft, centre_id: int, *, by: Person, now: datetime) -> RotaDraft:
    draft.centre_id, draft.made_at, draft.made_by_id = centre_id, now, by.id
    db.session.add(draft)
    db.session.flush()
    action = f"draft_{draft.kind}"
    audit.record(action, draft, by=by.id, now=now, centre_id=centre_id, rule=draft.rule_id)
    db.session.flush()
    return draft


def discard(draft: RotaDraft, *, by: Person, now: datetime) -> None:
    """Forget a draft. Raises IsPublished."""
    one_at_a_time([draft.centre_id])
    draft = _open_again(draft)
    audit.record("discard_draft", draft, by=by.id, now=now, centre_id=draft.centre_id)
    db.session.delete(draft)
    db.session.flush()


def copy_week(
    rules: Sequence[RotaRule],
    practitioner: Practitioner,
    room: Room,
    first_day: date,
    *,
    by: Person,
    now: datetime,
) -> list[RotaDraft]:
    """Mean to give another clinician these weekly hours, in that room, for what they give.

    Raises NothingToCopy, and as `check_template` does.
    """
    offered = {service.id for service in practitioner.centre.services}
    given = {service.id for service in practitioner.services} & offered
    made = []
    for rule in rules:
        services = tuple(service for service in rule.services if service.id in given)
        if services and (weekly := from_day(weekly_of(rule), first_day)):
            wanted = Template(practitioner, room, services, weekly)
            made.append(draft_add(wanted, by=by, now=now))
    if not made:
        raise NothingToCopy
    return made


def copy_weekday(
    rules: Sequence[RotaRule],
    weekday: int,
    others: Collection[int],
    first_day: date,
    *,
    by: Person,
    now: datetime,
) -> list[RotaDraft]:
    """Mean to give other weekdays the hours of this one (Monday is 0). Raises as `copy_week` does."""
    made = []
    for rule in rules:
        more = tuple(sorted(set(others) - set(rule.weekdays)))
        weekly = from_day(weekly_of(rule), first_day)
        if weekday in rule.weekdays and more and weekly:
            services, weekly = tuple(rule.services), replace(weekly, weekdays=more)
            wanted = Template(rule.practitioner, rule.room, services, weekly)
            made.append(draft_add(wanted, by=by, now=now))
    if not made:
        raise NothingToCopy
    return made


def from_day(weekly: Weekly, first_day: date) -> Weekly | None:
    """The template from that day on; None if it has ended by then. It keeps its rhythm of weeks."""
    first = max(weekly.valid_from, first_day)
    while weekly.every_weeks > 1 and _weeks(weekly.valid_from, first) % weekly.every_weeks:
        first += ONE_DAY
    if weekly.valid_until is not None and weekly.valid_until < first:
        return None
    return replace(weekly, valid_from=first)


def _weeks(first: date, day: date) -> int:
    monday = first - timedelta(days=first.weekday())
    return (day - monday).days // 7
