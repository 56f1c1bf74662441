"""What publishing a centre's drafts would do: sessions that come, change and go, and whom it concerns.

It writes nothing. The version stands for exactly this answer: `publishing` refuses another.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row

from clinic.centres.models import Centre
from clinic.clock import clinic_day
from clinic.errors import DomainError
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.change import HoursChange
from clinic.scheduling.changes.kinds import ShutSessions
from clinic.scheduling.models import Appointment
from clinic.scheduling.rota.at_hand import AtHand, planned_hours
from clinic.scheduling.rota.drafts import BeginsTooSoon, EndsTooLate
from clinic.scheduling.rota.models import (
    DraftKind,
    RotaDraft,
    RotaPublication,
    last_publication,
)
from clinic.scheduling.rota.plan import (
    BookedTime,
    Compared,
    PlannedHours,
    PlannedSession,
    PlannedSlots,
    clashes,
    compare,
)
from clinic.scheduling.timetable.opening import NotGivenHere, RetiredThen, is_given
from clinic.scheduling.timetable.rota import OverlappingRule
from clinic.scheduling.timetable.shut import Shut


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
    kept: tuple[Appointment, ...]  # gets the same time in the session that comes instead
    lost: tuple[Appointment, ...]  # loses its time
    slots: Mapping[
        int, tuple[datetime, ...]
    ]  # for an appointment that is kept, the starts of its slots
    shutting: applying.Preview  # what becomes of the slots of the sessions that go


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
    at_hand = AtHand(centre, now)
    ending = _ending(at_hand)
    stays = _stays(at_hand, ending)
    staying = {session_id for ids in stays.values() for session_id in ids}
    closing = [(draft, session) for draft, session in ending if session.id not in staying]
    closing_ids = tuple(session.id for _, session in closing)
    comes, conflicts, slots = _comes(at_hand, set(closing_ids), staying)
    shown = applying.preview(publishing(centre, closing_ids), now=now)
    kept = slots.keep(map(booked_time, by_booking(shown.displaced)))
    goes = [_as_planned(at_hand, draft, row) for draft, row in closing if not row.withdrawn_at]
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
            (draft.id, session.rota_day)
            for draft, session in ending
            if session.id in staying and session.id in at_hand.taken_out
        ),
        closing=closing_ids,
        conflicts=tuple(conflicts),
        kept=tuple(appointment for appointment in shown.displaced if appointment.id in kept),
        lost=tuple(appointment for appointment in shown.displaced if appointment.id not in kept),
        slots=kept,
        shutting=shown,
    )


def _ending(at_hand: AtHand) -> list[tuple[RotaDraft, Row[*tuple[Any, ...]]]]:
    """The sessions that lie after the end of their rule, each with the draft that ends it."""
    by_rule = {draft.rule_id: draft for draft in at_hand.drafts if draft.rule_id}
    return [
        (by_rule[session.rota_rule_id], session)
        for session in at_hand.sessions
        if session.rota_rule_id in by_rule
        and session.rota_day >= by_rule[session.rota_rule_id].first_day
    ]


def _stays(
    at_hand: AtHand, ending: Sequence[tuple[RotaDraft, Row[*tuple[Any, ...]]]]
) -> dict[int, tuple[int, ...]]:
    """Sessions that a changed rule would open just so: they stay, whatever was done to them by hand.

    One that was taken out by hand stays out, whatever its hours would be.
    """
    templates = {hours.draft_id: hours for hours in at_hand.after if hours.draft_id}
    found: dict[int, tuple[int, ...]] = {}
    for draft, session in ending:
        new = templates.get(draft.id)
        old = planned_hours(at_hand.rules[session.rota_rule_id])
        is_as_it_was = (new and new.is_like(old)) or session.id in at_hand.taken_out
        if new and is_as_it_was and at_hand.applies(new, session.rota_day):
            found[draft.id] = (*found.get(draft.id, ()), session.id)
    return found


def _comes(
    at_hand: AtHand, closing: set[int], staying: set[int]
) -> tuple[list[PlannedSession], list[tuple[int, date]], PlannedSlots]:
    """The sessions that the drafts would open, the days on which they could not, and their slots.

    Where something shuts all of a session, it waits, withdrawn, until that is lifted.
    """
    shut = Shut([at_hand.centre.id], at_hand.days) if at_hand.days else None
    busy = _busy(at_hand, closing)
    comes, conflicts, slots = [], [], PlannedSlots()
    for hours, day in _to_open(at_hand, staying):
        assert shut is not None
        practitioner, room = hours.practitioner_id, hours.room_id
        why = shut.why(at_hand.centre.id, room, practitioner, hours.times(day))
        if all(why):
            continue
        start, end = hours.on(day)
        if any(
            (practitioner == a or room == b) and start < until and since < end
            for a, b, since, until in busy.get(day, ())
        ):
            conflicts += [(hours.draft_id, day)] if hours.draft_id else []
            continue
        busy.setdefault(day, []).append((practitioner, room, start, end))
        if hours.draft_id:
            size = (hours.weekly.slot_minutes, hours.weekly.capacity)
            comes.append(PlannedSession(hours.draft_id, day, start, end, practitioner, room, *size))
            slots.add(hours, day, why)
    return comes, conflicts, slots


def _to_open(at_hand: AtHand, staying: set[int]) -> Iterator[tuple[PlannedHours, date]]:
    """The hours and days of the rota as it would be that no session has opened yet."""
    opened, stays = set(), set()
    for session in at_hand.sessions:
        opened.add((session.rota_rule_id, session.rota_day))
        if session.id in staying:
            stays.add((session.rota_rule_id, session.rota_day))
    rule_of = {draft.id: draft.rule_id for draft in at_hand.drafts}
    for day in at_hand.days:
        for hours in at_hand.after:
            is_there = (hours.rule_id, day) in opened
            is_there |= (rule_of.get(hours.draft_id or 0), day) in stays
            if at_hand.applies(hours, day) and not is_there:
                yield hours, day


def _busy(
    at_hand: AtHand, closing: set[int]
) -> dict[date, list[tuple[int, int, datetime, datetime]]]:
    """By day, the practitioner, room and time of each session that stays."""
    busy: dict[date, list[tuple[int, int, datetime, datetime]]] = {}
    for row in at_hand.sessions:
        if row.id not in closing and row.withdrawn_at is None:
            times = (row.practitioner_id, row.room_id, row.starts_at, row.ends_at)
            busy.setdefault(clinic_day(row.starts_at), []).append(times)
    return busy


def _as_planned(
    at_hand: AtHand, draft: RotaDraft, session: Row[*tuple[Any, ...]]
) -> PlannedSession:
    """A session that is there, to be compared with those that would come."""
    rule, times = at_hand.rules[session.rota_rule_id], (session.starts_at, session.ends_at)
    facts = (session.practitioner_id, session.room_id, rule.slot_minutes, rule.capacity)
    return PlannedSession(draft.id, session.rota_day, *times, *facts)


def by_booking(appointments: Iterable[Appointment]) -> list[Appointment]:
    """Those that were booked first, first."""
    return sorted(appointments, key=lambda visit: (visit.booking.made_at, visit.id))


def booked_time(appointment: Appointment) -> BookedTime:
    """The appointment as the plan needs it."""
    times = (appointment.starts_at, appointment.ends_at)
    return BookedTime(appointment.id, appointment.practitioner_id, appointment.service_id, *times)


def _problems(at_hand: AtHand) -> dict[int, DomainError]:
    """What stands against each draft: its day has come, its rule has ended, its hours are not free."""
    found: dict[int, DomainError] = {}
    for draft_id, other in clashes(at_hand.after):
        found[draft_id] = OverlappingRule(opens=f"{other.weekly.opens:%H:%M}")
    for draft in at_hand.drafts:
        rule = at_hand.rules.get(draft.rule_id or 0)
        if draft.kind is not DraftKind.END:
            practitioner, room = at_hand.people[draft.practitioner_id], at_hand.rooms[draft.room_id]  # type: ignore[index]
            services = [
                at_hand.services[service_id]
                for service_id in draft.service_ids
                if service_id in at_hand.services
            ]
            if len(services) < len(draft.service_ids) or not is_given(practitioner, room, services):
                found[draft.id] = NotGivenHere()
            elif at_hand.is_retired(draft):
                found[draft.id] = RetiredThen(day=draft.first_day)
        if draft.first_day <= clinic_day(at_hand.now):
            found[draft.id] = BeginsTooSoon()
        elif rule and rule.valid_until is not None and rule.valid_until < draft.first_day:
            found[draft.id] = EndsTooLate(day=rule.valid_until)
    return found
