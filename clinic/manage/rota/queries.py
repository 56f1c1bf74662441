"""A centre's rota as its managers see it: a week of rules and drafts, by clinician or by room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from clinic.accounts.models import Person, Role
from clinic.centres.models import Centre, Practitioner, Room, Service
from clinic.db import db
from clinic.manage.forms import WEEK
from clinic.scheduling.models import RotaRule
from clinic.scheduling.rota.models import DraftKind, RotaDraft, weekly_of
from clinic.scheduling.timetable.rota import rules_of
from clinic.scheduling.timetable.weekly import Weekly

ROWS = ("practitioner", "room")


@dataclass(frozen=True)
class RotaEntry:
    """Hours of the week: a rule, with the draft that changes or ends it, or what a draft brings."""

    weekly: Weekly
    practitioner: Practitioner
    room: Room
    services: Sequence[Service]
    rule: RotaRule | None = None
    draft: RotaDraft | None = None

    @property
    def is_draft(self) -> bool:
        return self.rule is None


@dataclass(frozen=True)
class Week:
    """Clinicians or rooms down, weekdays across. Cells without hours are empty."""

    columns: Sequence[Practitioner | Room]
    cells: Mapping[tuple[int, int], Sequence[RotaEntry]]  # by weekday and column's id

    def cell(self, weekday: int, column: Practitioner | Room) -> Sequence[RotaEntry]:
        return self.cells.get((weekday, column.id), ())

    def has(self, weekday: int) -> bool:
        """Whether anybody works on that weekday."""
        return any(one == weekday for one, _ in self.cells)


def entries(centre: Centre, drafts: Sequence[RotaDraft], today: date) -> list[RotaEntry]:
    """What applies today or later, and what the drafts would bring. The centre's people are loaded."""
    people = {practitioner.id: practitioner for practitioner in centre.practitioners}
    rooms = {room.id: room for room in centre.rooms}
    services = {service.id: service for service in centre.services}
    of_rule = {draft.rule_id: draft for draft in drafts if draft.rule_id}
    found = [
        RotaEntry(
            weekly_of(rule),
            people[rule.practitioner_id],
            rooms[rule.room_id],
            rule.services,
            rule,
            of_rule.get(rule.id),
        )
        for rule in rules_of([centre.id])
        if rule.valid_until is None or rule.valid_until >= today
    ]
    found += [
        RotaEntry(
            draft.weekly,
            people[draft.practitioner_id or 0],
            rooms[draft.room_id or 0],
            [services[service_id] for service_id in draft.service_ids if service_id in services],
            draft=draft,
        )
        for draft in drafts
        if draft.kind is not DraftKind.END
    ]
    return found


def week_of(centre: Centre, found: Sequence[RotaEntry], rows: str) -> Week:
    """The entries in their cells, earliest first."""
    cells: dict[tuple[int, int], list[RotaEntry]] = {}
    for one in sorted(found, key=lambda one: (one.weekly.opens, one.weekly.valid_from)):
        for weekday in range(WEEK):
            if weekday in one.weekly.weekdays:
                column = one.room if rows == "room" else one.practitioner
                cells.setdefault((weekday, column.id), []).append(one)
    return Week(centre.rooms if rows == "room" else centre.practitioners, cells)


def get_rule(user: Person, rule_id: int) -> RotaRule:
    """A rule of a centre that this user manages. Raises NoResultFound."""
    query = (
        select(RotaRule)
        .where(
            RotaRule.id == rule_id,
            RotaRule.centre_id.in_(user.centre_ids(Role.MANAGER)),
            RotaRule.cancelled_at.is_(None),
        )
        .options(selectinload(RotaRule.services), joinedload(RotaRule.practitioner))
    )
    return db.session.execute(query).scalar_one()


def get_draft(user: Person, draft_id: int) -> RotaDraft:
    """An open draft of a centre that this user manages. Raises NoResultFound."""
    query = select(RotaDraft).where(
        RotaDraft.id == draft_id,
        RotaDraft.publication_id.is_(None),
        RotaDraft.centre_id.in_(user.centre_ids(Role.MANAGER)),
    )
    return db.session.execute(query).scalar_one()
