"""Leave: a clinician asks, a manager grants it under the version that was shown, or refuses;
until then the clinician may withdraw the request.

Granting is the change `Away` of `changes`; families who lose their time are offered new ones by
`new_times`, each in a transaction of its own. Verbs flush; the caller commits.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Leave, Practitioner
from clinic.clock import clinic_day
from clinic.db import Base, db, lock_row
from clinic.errors import DomainError
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.kinds import Away
from clinic.scheduling.timetable.opening import EndsBeforeItBegins, one_at_a_time
from clinic.sentences import mark


class LeaveInPast(DomainError):
    message = mark("Leave cannot begin on a day that has passed.")


class LeaveOverlaps(DomainError):
    message = mark("There is leave already, or a request for it, that begins on %(day)s.")


class IsDecided(DomainError):
    message = mark("This request has been answered already.")


class IsWithdrawn(DomainError):
    message = mark("This request was withdrawn by the clinician.")


class LeaveRequest(Base):
    """A clinician asks to be away from a moment to another. `granted` is the manager's answer;
    until there is one the clinician may withdraw it."""

    __tablename__ = "leave_requests"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="starts_before_ends"),
        CheckConstraint("(decided_at IS NULL) = (decided_by_id IS NULL)", name="decided"),
        CheckConstraint("(decided_at IS NULL) = (granted IS NULL)", name="granted"),
        CheckConstraint("withdrawn_at IS NULL OR decided_at IS NULL", name="withdrawn"),
        Index("ix_leave_requests_practitioner", "practitioner_id", "starts_at"),
        Index("ix_leave_requests_centre", "centre_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("practitioners.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(120), default="")
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    granted: Mapped[bool | None]
    withdrawn_at: Mapped[datetime | None]

    practitioner: Mapped[Practitioner] = relationship()


def waits_for_an_answer() -> tuple[ColumnElement[bool], ...]:
    """Of requests: nobody has answered them, and they are not withdrawn."""
    return LeaveRequest.decided_at.is_(None), LeaveRequest.withdrawn_at.is_(None)


def check_leave(
    practitioner: Practitioner,
    starts_at: datetime,
    ends_at: datetime,
    *,
    now: datetime,
    request: LeaveRequest | None = None,
) -> None:
    """Raise EndsBeforeItBegins, LeaveInPast, or LeaveOverlaps; its own request is no overlap."""
    if ends_at <= starts_at:
        raise EndsBeforeItBegins
    if clinic_day(starts_at) < clinic_day(now):
        raise LeaveInPast
    leave = select(Leave.starts_at).where(
        Leave.practitioner_id == practitioner.id,
        Leave.lifted_at.is_(None),
        Leave.starts_at < ends_at,
        Leave.ends_at > starts_at,
    )
    asked = select(LeaveRequest.starts_at).where(
        LeaveRequest.practitioner_id == practitioner.id,
        *waits_for_an_answer(),
        LeaveRequest.starts_at < ends_at,
        LeaveRequest.ends_at > starts_at,
    )
    if request is not None:
        asked = asked.where(LeaveRequest.id != request.id)
    for query in (leave, asked):
        if other := db.session.scalar(query.limit(1)):
            raise LeaveOverlaps(day=clinic_day(other))


def ask_leave(
    practitioner: Practitioner,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    *,
    by: Person,
    now: datetime,
) -> LeaveRequest:
    """Ask for leave; nothing of the calendar changes yet. Raises as `check_leave` does."""
    one_at_a_time([practitioner.centre_id])
    check_leave(practitioner, starts_at, ends_at, now=now)
    asked = LeaveRequest(
        centre_id=practitioner.centre_id,
        practitioner_id=practitioner.id,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
        asked_at=now,
        asked_by_id=by.id,
    )
    db.session.add(asked)
    db.session.flush()
    audit.record("ask_leave", asked, by=by.id, now=now, centre_id=asked.centre_id)
    db.session.flush()
    return asked


def send_away(
    away: Away,
    version: str,
    *,
    by: Person,
    now: datetime,
    request: LeaveRequest | None = None,
) -> applying.Preview:
    """Do what was shown: the leave is made, its request (if there is one) granted.

    Raises NotAsShown when something came in between, IsDecided, IsWithdrawn, and as `check_leave`
    does.
    """
    one_at_a_time([away.centre_id])
    if request is not None:
        _decide(request, granted=True, by=by, now=now)
    check_leave(away.practitioner, away.starts_at, away.ends_at, now=now, request=request)
    return applying.apply(away, version, by=by, now=now)


def refuse_leave(request: LeaveRequest, *, by: Person, now: datetime) -> None:
    """The request is refused; nothing of the calendar changes. Raises IsDecided, IsWithdrawn."""
    one_at_a_time([request.centre_id])
    _decide(request, granted=False, by=by, now=now)


def withdraw_leave(request: LeaveRequest, *, by: Person, now: datetime) -> None:
    """The clinician does not ask any more. Withdrawing twice is once. Raises IsDecided."""
    one_at_a_time([request.centre_id])
    lock_row(request)
    if request.withdrawn_at is not None:
        return
    if request.decided_at is not None:
        raise IsDecided
    request.withdrawn_at = now
    audit.record("withdraw_leave", request, by=by.id, now=now, centre_id=request.centre_id)
    db.session.flush()


def must_wait(request: LeaveRequest) -> None:
    """Raise IsDecided or IsWithdrawn unless the request waits for an answer."""
    if request.decided_at is not None:
        raise IsDecided
    if request.withdrawn_at is not None:
        raise IsWithdrawn


def _decide(request: LeaveRequest, *, granted: bool, by: Person, now: datetime) -> None:
    lock_row(request)
    must_wait(request)
    request.decided_at, request.decided_by_id, request.granted = now, by.id, granted
    action = "grant_leave" if granted else "refuse_leave"
    audit.record(action, request, by=by.id, now=now, centre_id=request.centre_id)
    db.session.flush()
