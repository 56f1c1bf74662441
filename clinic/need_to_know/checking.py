"""Whether a child's record is open to whoever asks: asked by the loaders of staff's pages."""

from collections.abc import Mapping
from datetime import date, datetime

from flask import g, has_request_context
from sqlalchemy import select

from clinic import clock
from clinic.accounts.models import Person, Role
from clinic.accounts.rights import TABLE, Deed, Needs
from clinic.centres.models import Practitioner
from clinic.centres.queries import is_self
from clinic.clock import clinic_day
from clinic.db import db
from clinic.need_to_know.models import RecordOpening
from clinic.need_to_know.rules import NearVisit, Reason, Why, reason_to_see
from clinic.scheduling.models import Appointment
from clinic.sentences import mark


class RecordClosed(Exception):
    """The child's record is not open to this person at that centre. No page says whose it is."""

    def __init__(self, child_id: int, centre_id: int) -> None:
        super().__init__()
        self.child_id, self.centre_id = child_id, centre_id


def must_need(
    user: Person, child_id: int, centre_id: int, deed: Deed, *, at_hand: Appointment | None = None
) -> None:
    """Raises RecordClosed if this user has no reason to do that with the child; the page says which.

    Nothing is asked of the database if the visit at hand is reason enough.
    """
    needs = TABLE[deed].needs
    if needs is Needs.NOTHING:
        return
    now = clock.now()
    reason = _reason(user, child_id, centre_id, now, needs is Needs.BOOKING, at_hand)
    if reason is None:
        raise RecordClosed(child_id, centre_id)
    if has_request_context():
        g.reason_to_see = reason


def _reason(
    user: Person,
    child_id: int,
    centre_id: int,
    now: datetime,
    for_booking: bool,
    at_hand: Appointment | None,
) -> Reason | None:
    today = clinic_day(now)
    if at_hand:
        is_here = centre_id in user.centre_ids(Role.CLINICIAN)
        own = is_here and at_hand.practitioner.user_id == user.id
        near = [_near(at_hand.starts_at, at_hand.cancelled_at, is_own=own)]
        if reason := reason_to_see(near, today, for_booking=for_booking):
            return reason
    visits = _visits_of(user, child_id, centre_id)
    return reason_to_see(visits, today, for_booking=for_booking) or _opened(user, child_id, now)


def _visits_of(user: Person, child_id: int, centre_id: int) -> list[NearVisit]:
    """The child's visits at the centre."""
    is_own = Appointment.practitioner_id.in_(select(Practitioner.id).where(is_self(user)))
    query = select(Appointment.starts_at, Appointment.cancelled_at, is_own).where(
        Appointment.child_id == child_id, Appointment.centre_id == centre_id
    )
    return [
        _near(at, cancelled_at, is_own=own) for at, cancelled_at, own in db.session.execute(query)
    ]


def _near(at: datetime, cancelled_at: datetime | None, *, is_own: bool) -> NearVisit:
    cancelled_on: date | None = clinic_day(cancelled_at) if cancelled_at else None
    return NearVisit(clinic_day(at), at, bool(is_own), cancelled_on)


def _opened(user: Person, child_id: int, now: datetime) -> Reason | None:
    """That this user opened it for a reason, not longer ago than that lasts."""
    query = select(RecordOpening.until).where(
        RecordOpening.user_id == user.id,
        RecordOpening.child_id == child_id,
        RecordOpening.until > now,
    )
    until = db.session.scalar(query.order_by(RecordOpening.until.desc()).limit(1))
    return Reason(Why.OPENED, until) if until else None


def shown_reason() -> Reason | None:
    """Why this page may be seen, if it is about a child's record."""
    reason: Reason | None = g.get("reason_to_see")
    return reason


# Above a page of a child's record; marked, to be translated there. `when` is a moment in words.
WORDS: Mapping[Why, str] = {
    Why.TODAY: mark("You see this because of the visit on %(when)s. Your look is noted."),
    Why.SOON: mark("You see this because of the visit on %(when)s. Your look is noted."),
    Why.LATELY: mark("You see this because of the visit on %(when)s. Your look is noted."),
    Why.TO_COME: mark("You see this because of the visit on %(when)s. Your look is noted."),
    Why.OWN: mark("You see this because the visit on %(when)s is yours. Your look is noted."),
    Why.OPENED: mark("You opened this for a reason, until %(when)s. Your look is noted."),
}
