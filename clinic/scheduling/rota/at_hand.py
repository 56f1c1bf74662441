"""What is read once to compare a centre's rota with its drafts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from clinic.centres.models import Centre, Practitioner, Room, Service
from clinic.centres.retired import retirements
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.scheduling.models import ClinicSession, RotaRule
from clinic.scheduling.rota.models import ONE_DAY, DraftKind, RotaDraft, drafts_of, weekly_of
from clinic.scheduling.rota.plan import PlannedHours
from clinic.scheduling.timetable.closings import taken_out
from clinic.scheduling.timetable.extending import horizon, timetables
from clinic.scheduling.timetable.rota import rules_of
from clinic.scheduling.timetable.weekly import applies


class AtHand:
    """What is read once for a diff."""

    def __init__(self, centre: Centre, now: datetime) -> None:
        self.centre, self.now, self.horizon = centre, now, horizon()
        self.drafts, self.retired = drafts_of(centre), retirements([centre.id])
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
            hours = planned_hours(rule)
            if rule.id in ends:
                if ends[rule.id] < rule.valid_from:
                    continue
                hours = replace(hours, weekly=replace(hours.weekly, valid_until=ends[rule.id]))
            gone = self.retired.first_day(self.centre.id, rule.room_id, rule.practitioner_id)
            if gone is not None:
                last = min(gone - ONE_DAY, hours.weekly.valid_until or date.max)
                hours = replace(hours, weekly=replace(hours.weekly, valid_until=last))
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

    def is_retired(self, draft: RotaDraft) -> bool:
        """Whether its clinician, its room or one of its services is retired when it begins."""
        day, services = draft.first_day, draft.service_ids
        gone = self.retired.first_day(
            self.centre.id, draft.room_id or 0, draft.practitioner_id or 0
        )
        return (gone is not None and gone <= day) or bool(
            self.retired.services_on(self.centre.id, services, day)
        )

    def applies(self, hours: PlannedHours, day: date) -> bool:
        weekday = self.weekdays.get(day)
        if weekday is None or not applies(hours.weekly, day, weekday):
            return False
        gone = self.retired.services_on(self.centre.id, hours.service_ids, day)
        return len(gone) < len(hours.service_ids)


def planned_hours(rule: RotaRule) -> PlannedHours:
    """A rule's template."""
    services = frozenset(service.id for service in rule.services)
    return PlannedHours(
        rule.practitioner_id, rule.room_id, services, weekly_of(rule), rule_id=rule.id
    )
