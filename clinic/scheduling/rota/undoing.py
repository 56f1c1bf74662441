"""Taking a centre's last publication of its rota back, while no family relies on it.

Sessions that it brought go, those that it shut open again, families come back to their times, and
its drafts are open again. Verbs flush; the caller commits.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Centre
from clinic.clock import clinic_day
from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling import places
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.change import HoursChange
from clinic.scheduling.changes.kinds import ShutSessions
from clinic.scheduling.models import Appointment, ClinicSession, Place, RotaRule, Slot
from clinic.scheduling.queries import appointments
from clinic.scheduling.rota.models import (
    RotaDraft,
    RotaPublication,
    drafts_of,
    last_publication,
)
from clinic.scheduling.rota.publishing import (
    booked_online,
    end_rule,
    give_to,
    keep_times,
)
from clinic.scheduling.timetable.opening import one_at_a_time
from clinic.sentences import mark

UNSYNCHRONISED = {"synchronize_session": False}


class NotTheLast(DomainError):
    message = mark("Only the last publication can be undone, and it has changed meanwhile.")


class DraftsOpen(DomainError):
    message = mark(
        "New drafts are open. Publish or discard them before the last publication is undone."
    )


class Used(DomainError):
    """Families have booked into what was published: `by` are their appointments."""

    message = mark(
        "Families use the new hours already. Undoing would take their time away: please change the rota instead."
    )

    def __init__(self, by: Collection[Appointment]) -> None:
        self.by = tuple(by)
        super().__init__()


@dataclass(frozen=True)
class Undone:
    """What taking a publication back did: appointments that have their time, and those without one now."""

    back: tuple[int, ...]
    lost: tuple[int, ...]


def used_by(publication: RotaPublication) -> list[Appointment]:
    """Appointments booked into the hours that it brought, or moved because of it."""
    session_ids = _new_sessions(_its_drafts(publication))
    inside = (
        select(Place.id)
        .join(Slot, Slot.id == Place.slot_id)
        .where(Place.appointment_id == Appointment.id, Slot.clinic_session_id.in_(session_ids))
    )
    booked = inside.exists() & Appointment.id.not_in(publication.kept)
    concerned = Appointment.id.in_([*publication.kept, *publication.lost])
    moved = Appointment.moved_at >= publication.published_at
    went = concerned & moved & Appointment.cancelled_at.is_(None)
    return list(db.session.scalars(appointments().where(booked | went)))


def undo(publication: RotaPublication, *, by: Person, now: datetime) -> Undone:
    """Make the rota what it was before the centre's last publication; its drafts are open again.

    Raises NotTheLast, DraftsOpen, and Used when a booking relies on the new hours.
    """
    one_at_a_time([publication.centre_id])
    _must_be_the_last(publication)
    drafts = _its_drafts(publication)
    change = ShutSessions(
        db.session.get_one(Centre, publication.centre_id),
        tuple(_new_sessions(drafts)),
        HoursChange.UNDO,
        row=publication,
        publication_id=publication.id,
        undoes=publication.id,
    )
    coming_back = applying.lock_slots(change, now=now)
    db.session.expire_all()
    if used := used_by(publication):
        raise Used(used)
    shutting = applying.preview(change, now=now)
    places.lock_children(coming_back | shutting.child_ids)
    online = booked_online(publication.kept)
    for draft in drafts:
        _restore_its_rule(draft, by=by, now=now)
    applying.carry_out(change, shutting, by=by, now=now)
    theirs = ClinicSession.rota_rule_id.in_([draft.rule_id for draft in drafts if draft.rule_id])
    keep_times(_displaced(publication.kept), theirs, online, by=by, now=now)
    for draft in drafts:
        draft.publication_id = draft.made_rule_id = None
        draft.before, draft.stayed = {}, []
    publication.undone_at, publication.undone_by_id = now, by.id
    db.session.flush()
    concerned = [*publication.kept, *publication.lost]
    lost = _displaced(concerned)
    return Undone(tuple(number for number in concerned if number not in lost), tuple(lost))


def _must_be_the_last(publication: RotaPublication) -> None:
    centre = db.session.get_one(Centre, publication.centre_id)
    last = last_publication(centre)
    if last is None or last.id != publication.id:
        raise NotTheLast
    if drafts_of(centre):
        raise DraftsOpen


def _its_drafts(publication: RotaPublication) -> list[RotaDraft]:
    query = select(RotaDraft).where(RotaDraft.publication_id == publication.id)
    return list(db.session.scalars(query.order_by(RotaDraft.id)))


def _new_sessions(drafts: Collection[RotaDraft]) -> list[int]:
    """The sessions that its rules have opened, and no other rule before."""
    made = [draft.made_rule_id for draft in drafts if draft.made_rule_id]
    stayed = [session_id for draft in drafts for session_id in draft.stayed]
    query = select(ClinicSession.id).where(
        ClinicSession.rota_rule_id.in_(made), ClinicSession.id.not_in(stayed)
    )
    return list(db.session.scalars(query.order_by(ClinicSession.id)))


def _restore_its_rule(draft: RotaDraft, *, by: Person, now: datetime) -> None:
    if draft.made_rule_id:
        end_rule(db.session.get_one(RotaRule, draft.made_rule_id), clinic_day(now), by=by, now=now)
    if draft.rule:
        until = draft.before["until"]
        draft.rule.cancelled_at = draft.rule.cancelled_by_id = None
        draft.rule.valid_until = date.fromisoformat(until) if until else None
        give_to(draft.rule.id, draft.stayed)
        audit.record("restore_rule", draft.rule, by=by.id, now=now, centre_id=draft.centre_id)
    db.session.flush()


def _displaced(appointment_ids: Collection[int]) -> list[int]:
    query = select(Appointment.id).where(
        Appointment.id.in_(appointment_ids),
        Appointment.displaced_at.is_not(None),
        Appointment.cancelled_at.is_(None),
    )
    return list(db.session.scalars(query.order_by(Appointment.id)))
