"""What of the scheduler hangs on a child's record: the ages of booked visits, what is kept for a family.

See `clinic.families.reconciling`. Locks: slots, then children.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from clinic.accounts.models import Person
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.errors import DomainError
from clinic.families.models import Guardianship
from clinic.scheduling import places
from clinic.scheduling.appointments import holding, questions
from clinic.scheduling.models import (
    Appointment,
    Hold,
    HoldFor,
    Place,
    Question,
    WaitlistChild,
    WaitlistEntry,
)
from clinic.scheduling.waitlist import joining, marks
from clinic.scheduling.waitlist.wishes import is_of_age
from clinic.sentences import mark


class SeenBeforeBirth(DomainError):
    message = mark("A visit on %(day)s is on record, before that date of birth.")


def must_fit(child_id: int, birth_date: date) -> None:
    """Nobody is seen before birth. Raises SeenBeforeBirth."""
    first = select(func.min(Appointment.starts_at)).where(
        Appointment.child_id == child_id, Appointment.arrived_at.is_not(None)
    )
    seen_at = db.session.scalar(first)
    if seen_at is not None and clinic_day(seen_at) < birth_date:
        raise SeenBeforeBirth(day=clinic_day(seen_at))


def lock(child_ids: Collection[int]) -> None:
    """The slots that something is kept in for these children, then the children."""
    kept = select(Place.slot_id).join(Hold, Hold.id == Place.hold_id).where(_with(child_ids))
    places.lock(db.session.scalars(kept), child_ids)


def _with(child_ids: Collection[int]) -> ColumnElement[bool]:
    """A hold for one of these children, or one that belongs together with such a one."""
    one = aliased(Hold)
    leads = select(func.coalesce(one.lead_id, one.id)).where(
        one.child_id.in_(child_ids), one.booking_id.is_(None), one.ended_at.is_(None)
    )
    return or_(Hold.id.in_(leads), Hold.lead_id.in_(leads))


def reconcile(child_ids: Collection[int], *, by: Person, now: datetime) -> None:
    """Ask about visits at the wrong age; end what no guardian may take; look through the waitlist again."""
    _look_at_ages(child_ids, now=now)
    for entry in _entries_of_nobody(child_ids):
        joining.leave(entry, by=by, now=now)
    for lead in _kept(child_ids):
        _look_at_hold(lead, now=now)
    marks.look_again_for(child_ids, now=now)


def _look_at_ages(child_ids: Collection[int], *, now: datetime) -> None:
    today, _ = day_bounds(clinic_day(now))
    appointments = db.session.scalars(
        select(Appointment)
        .where(
            Appointment.child_id.in_(child_ids),
            Appointment.starts_at >= today,
            func.coalesce(
                Appointment.cancelled_at, Appointment.no_show_at, Appointment.done_at
            ).is_(None),
        )
        .options(joinedload(Appointment.child), joinedload(Appointment.service))
    ).all()
    fit = {
        visit: is_of_age(visit.child, visit.service, clinic_day(visit.starts_at))
        for visit in appointments
    }
    wrong = [visit for visit in appointments if not fit[visit]]
    questions.ask([visit for visit in wrong if visit.kept_at is None], Question.AGE, now=now)
    asked = [visit for visit in appointments if fit[visit] and visit.question is Question.AGE]
    questions.withdraw(asked, now=now)


def _kept(child_ids: Collection[int]) -> Sequence[Hold]:
    """The leading holds of forms and of offers from the waitlist."""
    query = (
        select(Hold)
        .where(
            _with(child_ids),
            Hold.lead_id.is_(None),
            Hold.booking_id.is_(None),
            Hold.ended_at.is_(None),
            Hold.purpose != HoldFor.NEW_TIME,
        )
        .options(joinedload(Hold.slot), joinedload(Hold.service), joinedload(Hold.child))
    )
    return db.session.scalars(query.order_by(Hold.id)).all()


def _look_at_hold(lead: Hold, *, now: datetime) -> None:
    """It goes back if nobody may confirm it, or a child does not have the age that day."""
    group = holding.group_of(lead)
    day = clinic_day(lead.slot.starts_at)
    whose = _guardians_of({hold.child_id for hold in group})
    may_take = lead.user_id in whose if lead.purpose is HoldFor.FORM else bool(whose)
    if not may_take or not all(is_of_age(hold.child, hold.service, day) for hold in group):
        holding.give_up(lead, now=now)


def _guardians_of(child_ids: Collection[int]) -> set[int]:
    """The users who care for all of these children."""
    query = (
        select(Guardianship.user_id)
        .where(Guardianship.child_id.in_(child_ids), Guardianship.revoked_at.is_(None))
        .group_by(Guardianship.user_id)
        .having(func.count() == len(child_ids))
    )
    return set(db.session.scalars(query))


def _entries_of_nobody(child_ids: Collection[int]) -> list[WaitlistEntry]:
    """The wishes with one of these children that no guardian has for all their children."""
    theirs = select(WaitlistChild.entry_id).where(WaitlistChild.child_id.in_(child_ids))
    query = (
        select(WaitlistEntry)
        .where(WaitlistEntry.ended_at.is_(None), WaitlistEntry.id.in_(theirs))
        .options(selectinload(WaitlistEntry.children))
    )
    entries = db.session.scalars(query.order_by(WaitlistEntry.id)).all()
    return [entry for entry in entries if not _guardians_of({child.id for child in entry.children})]
