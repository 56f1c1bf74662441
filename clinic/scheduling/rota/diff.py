"""What publishing a centre's drafts would do: sessions that come, change and go, and whom it concerns.

It writes nothing. The version stands for exactly this answer: `rota_publishing` refuses another.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from clinic.centres.models import Centre, Practitioner, Room, Service
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.kinds import HoursChange, ShutSessions
from clinic.scheduling.models import Appointment, ClinicSession, RotaRule
from clinic.scheduling.rota.drafts import BeginsTooSoon, EndsTooLate
from clinic.scheduling.rota.models import (
    ONE_DAY,
    DraftKind,
    RotaDraft,
    RotaPublication,
    drafts_of,
    last_publication,
    weekly_of,
)
from clinic.scheduling.rota.plan import (
    Compared,
    Guest,
    PlannedHours,
    PlannedSession,
    Seats,
    clashes,
    compare,
)
from clinic.scheduling.timetable.closings import taken_out
from clinic.scheduling.timetable.extending import horizon, timetables
from clinic.scheduling.timetable.opening import NotGivenHere, is_given
from clinic.scheduling.timetable.rota import OverlappingRule, rules_of
from clinic.scheduling.timetable.shut import Shut
from clinic.scheduling.timetable.weekly import applies


@dataclass(frozen=True)
class Diff:
    """What would become of the rota. `number` is of the publication that it would follow."""

    version: str
    number: int
    drafts: tuple[RotaDraft, ...]
    problems: Mapping[int, DomainError]  # what stands against a draft, by its id
    sessions: Compared
    stays: Mapping[int, tuple[int, ...]]  # sessions that only get another rule, by draft
    out: tuple[tuple[int, date], ...]  # days that were taken out by hand, and stay out
    closing: tuple[int, ...]  # sessions whose slots are shut
    conflicts: tuple[tuple[int, date], ...]  # days that a draft cannot open, something is there
    kept: tuple[Appointment, ...]  # who gets the same time in the session that comes instead
    lost: tuple[Appointment, ...]  # who loses their time
    seats: Mapping[int, tuple[datetime, ...]]  # for who is kept, the slots they get
    shutting: applying.Preview  # what becomes of the slots of the sessions that go


class _Looking:
    """What is read once for a diff."""

    def __init__(self, centre: Centre, now: datetime) -> None:
        self.centre, self.now, self.horizon = centre, now, horizon()
        self.drafts = drafts_of(centre)
        self.rules = {rule.id: rule for rule in rules_of([centre.id])}
        self.people: dict[int, Practitioner] = {
            practitioner.id: practitioner for practitioner in centre.practitioners
        }
        self.rooms: dict[int, Room] = {room.id: room for room in centre.rooms}
        self.services: dict[int, Service] = {service.id: service for service in centre.services}
        today = clinic_day(now)
        days = [today + timedelta(days=n) for n in range(1, self.horizon.days + 1)]
        self.weekdays = timetables([centre.id], days)[centre.id]
        self.days = list(self.weekdays)
        self.sessions = self._sessions()
        self.taken_out = taken_out(
            [session.id for session in self.sessions if session.withdrawn_at]
        )
        self.after = [*self._rules_after(), *self._templates()]

    def _sessions(self) -> Sequence[Row[*tuple[Any, ...]]]:
        """The centre's sessions from tomorrow on, and of the rules that end all that is to come."""
        first, last = day_bounds(clinic_day(self.now) + ONE_DAY, self.horizon.days)
        ending = [draft.rule_id for draft in self.drafts if draft.rule_id]
        theirs = (ClinicSession.starts_at < last) | ClinicSession.rota_rule_id.in_(ending)
        query = select(
            ClinicSession.id,
            ClinicSession.rota_rule_id,
            ClinicSession.rota_day,
            ClinicSession.practitioner_id,
            ClinicSession.room_id,
            ClinicSession.starts_at,
            ClinicSession.ends_at,
            ClinicSession.withdrawn_at,
        ).where(ClinicSession.centre_id == self.centre.id, ClinicSession.starts_at >= first, theirs)
        return db.session.execute(query.order_by(ClinicSession.id)).all()

    def _rules_after(self) -> list[PlannedHours]:
        """The rules as they would be: those that end do so."""
        ends = {draft.rule_id: draft.last_day for draft in self.drafts}
        found = []
        for rule in self.rules.values():
            hours = hours_of(rule)
            if rule.id in ends:
                if ends[rule.id] < rule.valid_from:
                    continue
                hours = replace(hours, weekly=replace(hours.weekly, valid_until=ends[rule.id]))
            found.append(hours)
        return found

    def _templates(self) -> list[PlannedHours]:
        return [
            PlannedHours(
                draft.practitioner_id or 0,
                draft.room_id or 0,
                frozenset(draft.service_ids),
                draft.weekly,
                draft_id=draft.id,
            )
            for draft in self.drafts
            if draft.kind is not DraftKind.END
        ]

    def applies(self, hours: PlannedHours, day: date) -> bool:
        weekday = self.weekdays.get(day)
        return weekday is not None and applies(hours.weekly, day, weekday)


def hours_of(rule: RotaRule) -> PlannedHours:
    """A rule's template."""
    services = frozenset(service.id for service in rule.services)
    return PlannedHours(
        rule.practitioner_id, rule.room_id, services, weekly_of(rule), rule_id=rule.id
    )


def publishing(
    centre: Centre, session_ids: tuple[int, ...], row: RotaPublication | None = None
) -> ShutSessions:
    """The change of hours that a publication makes to the sessions that go."""
    publication_id = row.id if row else None
    return ShutSessions(
        centre, session_ids, HoursChange.PUBLISH, row=row, publication_id=publication_id
    )


def diff(centre: Centre, *, now: datetime) -> Diff:
    """What publishing the centre's open drafts would do, as things are."""
    at_hand = _Looking(centre, now)
    ending = _ending(at_hand)
    stays = _stays(at_hand, ending)
    staying = {session_id for ids in stays.values() for session_id in ids}
    closing = [(draft, one) for draft, one in ending if one.id not in staying]
    closing_ids = tuple(one.id for _, one in closing)
    comes, conflicts, seats = _comes(at_hand, set(closing_ids), staying)
    shown = applying.preview(publishing(centre, closing_ids), now=now)
    by_booking = sorted(shown.displaced, key=lambda one: (one.booking.made_at, one.id))
    kept = seats.seat(_guest(appointment) for appointment in by_booking)
    goes = [_sitting(at_hand, draft, one) for draft, one in closing if not one.withdrawn_at]
    sessions, last = compare(goes, comes), last_publication(centre)
    number = last.id if last else 0
    told = [(draft.id, draft.kind, draft.first_day, draft.made_at) for draft in at_hand.drafts]
    texts = [
        draft.template | {"s": draft.service_ids, "r": draft.room_id} for draft in at_hand.drafts
    ]
    whole = (number, told, texts, sessions, stays, conflicts, shown.version, kept)
    return Diff(
        version=hashlib.sha256(repr(whole).encode()).hexdigest()[:16],
        number=number,
        drafts=tuple(at_hand.drafts),
        problems=_problems(at_hand),
        sessions=sessions,
        stays=stays,
        out=tuple(
            (draft.id, one.rota_day)
            for draft, one in ending
            if one.id in staying and one.id in at_hand.taken_out
        ),
        closing=closing_ids,
        conflicts=tuple(conflicts),
        kept=tuple(appointment for appointment in shown.displaced if appointment.id in kept),
        lost=tuple(appointment for appointment in shown.displaced if appointment.id not in kept),
        seats=kept,
        shutting=shown,
    )


def _ending(at_hand: _Looking) -> list[tuple[RotaDraft, Row[*tuple[Any, ...]]]]:
    """The sessions that lie after the end of their rule, each with the draft that ends it."""
    by_rule = {draft.rule_id: draft for draft in at_hand.drafts if draft.rule_id}
    return [
        (by_rule[session.rota_rule_id], session)
        for session in at_hand.sessions
        if session.rota_rule_id in by_rule
        and session.rota_day >= by_rule[session.rota_rule_id].first_day
    ]


def _stays(
    at_hand: _Looking, ending: Sequence[tuple[RotaDraft, Row[*tuple[Any, ...]]]]
) -> dict[int, tuple[int, ...]]:
    """Sessions that a changed rule would open just so: they stay, whatever was done to them by hand.

    One that was taken out by hand stays out, whatever its hours would be.
    """
    templates = {
        planned_hours.draft_id: planned_hours
        for planned_hours in at_hand.after
        if planned_hours.draft_id
    }
    found: dict[int, tuple[int, ...]] = {}
    for draft, session in ending:
        new = templates.get(draft.id)
        old = hours_of(at_hand.rules[session.rota_rule_id])
        is_as_it_was = (new and new.is_like(old)) or session.id in at_hand.taken_out
        if new and is_as_it_was and at_hand.applies(new, session.rota_day):
            found[draft.id] = (*found.get(draft.id, ()), session.id)
    return found


def _comes(
    at_hand: _Looking, closing: set[int], staying: set[int]
) -> tuple[list[PlannedSession], list[tuple[int, date]], Seats]:
    """The sessions that the drafts would open, the days on which they could not, and their slots."""
    opened = {(session.rota_rule_id, session.rota_day) for session in at_hand.sessions}
    moved = {
        (session.rota_rule_id, session.rota_day)
        for session in at_hand.sessions
        if session.id in staying
    }
    taken = [
        session
        for session in at_hand.sessions
        if session.id not in closing and session.withdrawn_at is None
    ]
    shut = Shut([at_hand.centre.id], at_hand.days) if at_hand.days else None
    rule_of = {draft.id: draft.rule_id for draft in at_hand.drafts}
    busy: dict[date, list[tuple[int, int, datetime, datetime]]] = {}
    for row in taken:
        times = (row.practitioner_id, row.room_id, row.starts_at, row.ends_at)
        busy.setdefault(clinic_day(row.starts_at), []).append(times)
    comes, conflicts, seats = [], [], Seats()
    for day in at_hand.days:
        for hours in at_hand.after:
            key = (rule_of.get(hours.draft_id or 0), day)
            if not at_hand.applies(hours, day) or (hours.rule_id, day) in opened or key in moved:
                continue
            assert shut is not None
            who, room = hours.practitioner_id, hours.room_id
            why = shut.why(at_hand.centre.id, room, who, hours.times(day))
            start, end = hours.on(day)
            is_busy = any(
                (who == a or room == b) and start < until and since < end
                for a, b, since, until in busy.get(day, ())
            )
            if is_busy and not all(why):
                if hours.draft_id:
                    conflicts.append((hours.draft_id, day))
                continue
            if all(why):
                continue  # it waits, withdrawn, until what shuts it is lifted
            busy.setdefault(day, []).append((who, room, start, end))
            if hours.draft_id:
                size = (hours.weekly.slot_minutes, hours.weekly.capacity)
                comes.append(PlannedSession(hours.draft_id, day, start, end, who, room, *size))
                seats.add(hours, day, why)
    return comes, conflicts, seats


def _sitting(at_hand: _Looking, draft: RotaDraft, one: Row[*tuple[Any, ...]]) -> PlannedSession:
    rule, facts = at_hand.rules[one.rota_rule_id], (one.practitioner_id, one.room_id)
    size = (rule.slot_minutes, rule.capacity)
    return PlannedSession(draft.id, one.rota_day, one.starts_at, one.ends_at, *facts, *size)


def _guest(one: Appointment) -> Guest:
    return Guest(one.id, one.practitioner_id, one.service_id, one.starts_at, one.ends_at)


def _problems(at_hand: _Looking) -> dict[int, DomainError]:
    """What stands against each draft: its day has come, its rule has ended, its hours are not free."""
    found: dict[int, DomainError] = {}
    for draft_id, other in clashes(at_hand.after):
        found[draft_id] = OverlappingRule(opens=f"{other.weekly.opens:%H:%M}")
    for draft in at_hand.drafts:
        rule = at_hand.rules.get(draft.rule_id or 0)
        if draft.kind is not DraftKind.END:
            who, room = at_hand.people[draft.practitioner_id], at_hand.rooms[draft.room_id]  # type: ignore[index]
            services = [
                at_hand.services[service_id]
                for service_id in draft.service_ids
                if service_id in at_hand.services
            ]
            if len(services) < len(draft.service_ids) or not is_given(who, room, services):
                found[draft.id] = NotGivenHere()
        if draft.first_day <= clinic_day(at_hand.now):
            found[draft.id] = BeginsTooSoon()
        elif rule and rule.valid_until is not None and rule.valid_until < draft.first_day:
            found[draft.id] = EndsTooLate(day=rule.valid_until)
    return found
