"""Children who stay after a vaccination, and reactions. Verbs flush; the caller commits.

Times are rows, so a restart forgets nobody. A reaction whose outcome is not known keeps the child.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from clinic import audit
from clinic.accounts.models import Person
from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling.models import Appointment
from clinic.sentences import mark
from clinic.services.room import Link, Watched
from clinic.vaccination.jab.models import AdverseEvent, PostVaccinationStay
from clinic.visits import recorded
from clinic.visits.desk_changes import desk_changed
from clinic.visits.queries import labels_of

MINUTE = timedelta(minutes=1)


class NotObserved(DomainError):
    message = mark("Nobody is under observation after this visit.")


class TooEarly(DomainError):
    message = mark("The 30 minutes are not over. Write down why the child leaves earlier.")


class NotOver(DomainError):
    message = mark("The 30 minutes are not over yet.")


class HasReaction(DomainError):
    message = mark("A reaction is reported. Write down its outcome before the child leaves.")


class OnsetOutside(DomainError):
    message = mark("The reaction began after the vaccination and not in the future.")


@dataclass(frozen=True)
class Staying:
    """A child on the board. `minutes` are those that are left, rounded up; 0 when the time is over."""

    observation: PostVaccinationStay
    minutes: int
    has_reaction: bool
    ticket: str  # its label; empty if none was given

    @property
    def rings(self) -> bool:
        """Whether the board says at its top that the time is over: once, and never beside a reaction."""
        return not (self.minutes or self.has_reaction or self.observation.over_noted_at)


def minutes_left(ends_at: datetime, now: datetime) -> int:
    """Whole minutes until then, rounded up; 0 from then on. Pure."""
    return max(0, -((now - ends_at) // MINUTE))


def staying_at(centre_ids: Collection[int], *, now: datetime) -> list[Staying]:
    """Who is under observation at these centres: whoever may leave first, first. Two queries."""
    has_reaction = (
        select(AdverseEvent.id)
        .where(
            AdverseEvent.appointment_id == PostVaccinationStay.appointment_id,
            AdverseEvent.closed_at.is_(None),
        )
        .exists()
    )
    query = (
        select(PostVaccinationStay, has_reaction)
        .where(PostVaccinationStay.centre_id.in_(centre_ids), PostVaccinationStay.left_at.is_(None))
        .options(
            joinedload(PostVaccinationStay.appointment).joinedload(Appointment.booking),
            joinedload(PostVaccinationStay.appointment).joinedload(Appointment.child),
            joinedload(PostVaccinationStay.appointment).joinedload(Appointment.centre),
            joinedload(PostVaccinationStay.appointment).joinedload(Appointment.service),
        )
        .order_by(PostVaccinationStay.ends_at, PostVaccinationStay.id)
    )
    rows = [(one, reacts) for one, reacts in db.session.execute(query)]
    labels = labels_of([one.appointment for one, _ in rows])
    return [
        Staying(one, minutes_left(one.ends_at, now), reacts, labels.get(one.appointment_id, ""))
        for one, reacts in rows
    ]


def are_staying(child_ids: Collection[int], centre_id: int) -> set[int]:
    """Which of these children are under observation there."""
    query = (
        select(Appointment.child_id)
        .join(PostVaccinationStay, PostVaccinationStay.appointment_id == Appointment.id)
        .where(
            Appointment.child_id.in_(child_ids),
            PostVaccinationStay.centre_id == centre_id,
            PostVaccinationStay.left_at.is_(None),
        )
    )
    return set(db.session.scalars(query))


def open_reactions(child_ids: Collection[int], centre_id: int) -> dict[int, int]:
    """Of these children, those with a reaction reported there whose outcome is not known: the
    appointment after which it was, by child."""
    query = select(AdverseEvent.child_id, AdverseEvent.appointment_id).where(
        AdverseEvent.child_id.in_(child_ids),
        AdverseEvent.centre_id == centre_id,
        AdverseEvent.closed_at.is_(None),
    )
    return {one.child_id: one.appointment_id for one in db.session.execute(query)}


class OnTheBoard(DomainError):
    message = mark("This child was vaccinated. Let it go on the observation board.")


BOARD = Link(mark("Observation"), "clock", "vaccination.observation")


def watched(child_ids: Collection[int], centre_id: int) -> dict[int, Watched]:
    """Of these children, those whom the observation board lets go, not the queue. Two queries."""
    found = {
        child_id: Watched(BOARD, OnTheBoard()) for child_id in are_staying(child_ids, centre_id)
    }
    for child_id, appointment_id in open_reactions(child_ids, centre_id).items():
        report = Link(
            mark("Write on in the report"),
            "triangle-alert",
            "vaccination.reaction",
            {"appointment_id": appointment_id},
        )
        found[child_id] = Watched(report, HasReaction(), mark("Reaction: stays"))
    return found


def must_stay(appointment: Appointment) -> bool:
    """Whether a reaction after it is open."""
    return open_reaction(appointment.id) is not None


def leave(appointment: Appointment, reason: str, *, by: Person, now: datetime) -> None:
    """The child goes home. Leaving twice is leaving once. Raises NotObserved, HasReaction or TooEarly."""
    row = _locked(appointment)
    if row.left_at is not None:
        return
    if open_reaction(appointment.id):
        raise HasReaction
    is_early = now < row.ends_at
    if is_early and not reason:
        raise TooEarly
    row.left_at, row.left_by_id = now, by.id
    row.early_reason = reason if is_early else ""
    db.session.flush()
    audit.record("leave", row, by=by.id, now=now, centre_id=row.centre_id, early=is_early)
    recorded.gone(appointment, by=by, now=now)
    db.session.flush()


def note_over(appointment: Appointment, *, by: Person, now: datetime) -> None:
    """Somebody has seen that the time is over. Noted twice is noted once. Raises NotObserved or NotOver."""
    row = _locked(appointment)
    if row.over_noted_at is not None:
        return
    if now < row.ends_at:
        raise NotOver
    row.over_noted_at, row.over_noted_by_id = now, by.id
    db.session.flush()
    audit.record("note_over", row, by=by.id, now=now, centre_id=row.centre_id)


def _locked(appointment: Appointment) -> PostVaccinationStay:
    """Locked, so that a child cannot leave while its reaction is being written down."""
    query = (
        select(PostVaccinationStay)
        .where(PostVaccinationStay.appointment_id == appointment.id)
        .with_for_update()
    )
    row = db.session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotObserved
    return row


def open_reaction(appointment_id: int) -> AdverseEvent | None:
    """The reaction after this visit whose outcome is not known yet."""
    query = select(AdverseEvent).where(
        AdverseEvent.appointment_id == appointment_id, AdverseEvent.closed_at.is_(None)
    )
    return db.session.scalars(query.order_by(AdverseEvent.id)).first()


def report(
    appointment: Appointment,
    *,
    symptom: str,
    onset_at: datetime,
    treatment: str,
    outcome: str,
    by: Person,
    now: datetime,
) -> AdverseEvent:
    """Open a report of a reaction, or write on in the open one; an outcome closes it.

    Raises NotObserved where nothing was given, OnsetOutside for a time before it or to come.
    """
    stay = _locked(appointment)
    if not stay.started_at.replace(second=0, microsecond=0) <= onset_at <= now:
        raise OnsetOutside
    row = open_reaction(appointment.id)
    if row is None:
        row = AdverseEvent(
            appointment_id=appointment.id,
            child_id=appointment.child_id,
            centre_id=appointment.centre_id,
            opened_at=now,
            opened_by_id=by.id,
        )
        db.session.add(row)
    row.symptom, row.onset_at, row.treatment, row.outcome = symptom, onset_at, treatment, outcome
    if outcome:
        row.closed_at, row.closed_by_id = now, by.id
    db.session.flush()
    action = "close_reaction" if outcome else "report_reaction"
    audit.record(action, row, by=by.id, now=now, centre_id=row.centre_id)
    desk_changed(appointment)
    db.session.flush()
    return row
