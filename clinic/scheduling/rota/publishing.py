"""Publishing a centre's drafts in one step.

What was shown is done, all of it or nothing: rules end and begin, sessions go and come. What
finds the same time with the same clinician in what comes keeps it; what does not is displaced as
by any change of hours, and is offered new times afterwards by `new_times`. Verbs flush; the
caller commits.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, select, update

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Centre, Service
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling import places
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.changes.coming_back import come_back, waiting_for_time
from clinic.scheduling.changes.session_slots import run_of, slots_in
from clinic.scheduling.models import (
    Appointment,
    Booking,
    ClinicSession,
    Place,
    RotaRule,
)
from clinic.scheduling.queries import appointments
from clinic.scheduling.rota.diff import Diff, diff, publishing
from clinic.scheduling.rota.models import (
    ONE_DAY,
    DraftKind,
    RotaDraft,
    RotaPublication,
    last_publication,
)
from clinic.scheduling.timetable import extending, rota
from clinic.scheduling.timetable.opening import one_at_a_time
from clinic.sentences import mark

UNSYNCHRONISED = {"synchronize_session": False}


class NothingToPublish(DomainError):
    message = mark("There is nothing to publish: no draft is open.")


class Overtaken(DomainError):
    message = mark(
        "%(who)s published the rota meanwhile (%(when)s). This is what your drafts would change now."
    )


class SomethingAgainst(DomainError):
    message = mark("A draft cannot be carried out: see below. Nothing has been published.")


def publish(centre: Centre, number: int, version: str, *, by: Person, now: datetime) -> Diff:
    """Do what was shown under that version, after the publication of that number.

    Raises NothingToPublish, Overtaken when another manager published, NotAsShown when a booking or
    another change came in between, SomethingAgainst when a draft cannot be.
    """
    one_at_a_time([centre.id])
    waits, shown = _look_under_locks(centre, number, version, now)
    publication = _add_publication(centre, shown, by=by, now=now)
    online = booked_online(publication.kept)
    change = publishing(centre, shown.closing, row=publication)
    applying.carry_out(change, shown.shutting, by=by, now=now)
    tomorrow = clinic_day(now) + ONE_DAY
    extending.extend([centre], tomorrow, clinic_day(now) + extending.horizon(), now=now)
    made = [draft.made_rule_id for draft in shown.drafts if draft.made_rule_id]
    theirs = ClinicSession.rota_rule_id.in_(made)
    if left := keep_times(publication.kept, theirs, online, by=by, now=now):
        raise AssertionError(f"shown to keep their time, and did not: {left}")
    still = [appointment for appointment in waits if appointment.displaced_at]
    come_back(still, theirs, by=by, now=now)
    return shown


def _look_under_locks(
    centre: Centre, number: int, version: str, now: datetime
) -> tuple[Sequence[Appointment], Diff]:
    """Appointments that wait for a time with these clinicians, and the diff, with all of it locked.

    Raises as `publish` does.
    """
    before = diff(centre, now=now)
    waits = _waiting(centre, before.drafts, now)
    around = places.slots_around([appointment.id for appointment in waits])
    children = {appointment.child_id for appointment in waits}
    children |= applying.lock_slots(publishing(centre, before.closing), now=now, also=around)
    db.session.expire_all()
    shown = diff(centre, now=now)
    _must_be_as_shown(centre, shown, number, version)
    places.lock_children(children | shown.shutting.child_ids)
    return waits, shown


def _add_publication(centre: Centre, shown: Diff, *, by: Person, now: datetime) -> RotaPublication:
    """Its row, and the rules that its drafts end and begin."""
    publication = RotaPublication(
        centre_id=centre.id,
        published_at=now,
        published_by_id=by.id,
        kept=[appointment.id for appointment in shown.kept],
        lost=[appointment.id for appointment in shown.lost],
    )
    db.session.add(publication)
    db.session.flush()
    for draft in shown.drafts:
        _end_its_rule(draft, by=by, now=now)
    for draft in shown.drafts:
        _add_its_rule(draft, shown.stays.get(draft.id, ()), by=by, now=now)
        draft.publication_id = publication.id
    return publication


def _waiting(centre: Centre, drafts: Iterable[RotaDraft], now: datetime) -> Sequence[Appointment]:
    """Appointments that lost a time with a clinician of a draft, as far as days are open."""
    people = {draft.practitioner_id for draft in drafts if draft.practitioner_id}
    start, end = day_bounds(clinic_day(now) + ONE_DAY, extending.horizon().days)
    return [
        appointment
        for appointment in waiting_for_time(people, start, end)
        if appointment.centre_id == centre.id
    ]


def _must_be_as_shown(centre: Centre, shown: Diff, number: int, version: str) -> None:
    if number != shown.number and (last := last_publication(centre)):
        raise Overtaken(who=last.published_by.name, when=last.published_at)
    if not shown.drafts:
        raise NothingToPublish
    if version != shown.version:
        raise NotAsShown
    if shown.problems:
        raise SomethingAgainst


def _end_its_rule(draft: RotaDraft, *, by: Person, now: datetime) -> None:
    if (rule := draft.rule) is None:
        return
    until = rule.valid_until
    draft.before = {"until": until.isoformat() if until else None}
    end_rule(rule, draft.last_day, by=by, now=now)


def end_rule(rule: RotaRule, last_day: date, *, by: Person, now: datetime) -> None:
    """The rule ends with that day; one that would not have begun by then is cancelled."""
    if last_day < rule.valid_from:
        rule.cancelled_at, rule.cancelled_by_id = now, by.id
    else:
        rule.valid_until = last_day
    audit.record("end_rule", rule, by=by.id, now=now, centre_id=rule.centre_id)
    db.session.flush()


def _add_its_rule(draft: RotaDraft, stays: Collection[int], *, by: Person, now: datetime) -> None:
    """The rule that the draft brings, with the sessions that stay as they are."""
    if draft.kind is DraftKind.END:
        return
    assert draft.practitioner is not None
    assert draft.room is not None
    services = select(Service).where(Service.id.in_(draft.service_ids)).order_by(Service.id)
    practitioner, room, given = draft.practitioner, draft.room, db.session.scalars(services).all()
    rule = rota.add_rule(practitioner, room, given, draft.weekly, by=by, now=now)
    draft.made_rule_id, draft.stayed = rule.id, list(stays)
    give_to(rule.id, stays)


def give_to(rule_id: int, session_ids: Collection[int]) -> None:
    """These sessions belong to that rule from now on."""
    if session_ids:
        db.session.execute(
            update(ClinicSession)
            .where(ClinicSession.id.in_(session_ids))
            .values(rota_rule_id=rule_id),
            execution_options=UNSYNCHRONISED,
        )


def booked_online(appointment_ids: Collection[int]) -> set[int]:
    """Those of these appointments that took a place that is open online."""
    query = select(Place.appointment_id).where(
        Place.appointment_id.in_(appointment_ids), Place.online
    )
    return {number for number in db.session.scalars(query) if number is not None}


def keep_times(
    appointment_ids: Collection[int],
    where: ColumnElement[bool],
    online: Collection[int],
    *,
    by: Person,
    now: datetime,
) -> list[int]:
    """Give displaced appointments the same time in such sessions. Returns those that cannot have it.

    `online` are those that took a place that is open online; they take one again while there is one.
    """
    slots = {(row.practitioner_id, row.starts_at): row for row in slots_in(where, now)}
    left = {row.id: row.capacity - row.taken for row in slots.values()}
    left_online = {row.id: row.online_capacity - row.online_taken for row in slots.values()}
    theirs = appointments().where(Appointment.id.in_(appointment_ids)).order_by(None)
    without = []
    for appointment in db.session.scalars(theirs.order_by(Booking.made_at, Appointment.id)).all():
        run = run_of(appointment, slots)
        if not run or any(left[slot.id] < 1 for slot in run):
            without.append(appointment.id)
            continue
        is_online = appointment.id in online and all(left_online[slot.id] > 0 for slot in run)
        for slot in run:
            left[slot.id] -= 1
            left_online[slot.id] -= is_online
        appointment.displaced_at = appointment.displaced_by_id = None
        appointment.slot_id, appointment.slot_count, appointment.room_id = (
            run[0].id,
            len(run),
            run[0].room_id,
        )
        db.session.flush()
        places.take([slot.id for slot in run], online=is_online, appointment_id=appointment.id)
        audit.record("keep_time", appointment, by=by.id, now=now, centre_id=appointment.centre_id)
    db.session.flush()
    return without
