"""Opening a closed record for a reason. Verbs flush; the caller commits."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import joinedload

from clinic import audit
from clinic.accounts.models import Person
from clinic.accounts.rights import TABLE, Needs, centres_for
from clinic.db import db
from clinic.need_to_know.models import OpeningReason, RecordOpening
from clinic.need_to_know.rules import OPEN_FOR
from clinic.scheduling.models import Appointment

OF_A_CHILD = tuple(deed for deed, right in TABLE.items() if right.needs is not Needs.NOTHING)
LISTED = 100  # the latest openings of a centre


def must_be_of(user: Person, child_id: int, centre_id: int) -> None:
    """Raises NoResultFound unless the child ever had a visit at the centre, and this user sees
    children there: to strangers a record that is closed and one that is not there are the same."""
    visits = select(Appointment.id).where(
        Appointment.child_id == child_id, Appointment.centre_id == centre_id
    )
    theirs = centre_id in centres_for(user, *OF_A_CHILD)
    if not theirs or db.session.scalar(visits.limit(1)) is None:
        raise NoResultFound


def open_record(
    child_id: int, centre_id: int, why: OpeningReason, text: str, *, by: Person, now: datetime
) -> RecordOpening:
    """The child's record is open to this person for an hour. Raises NoResultFound (`must_be_of`)."""
    must_be_of(by, child_id, centre_id)
    row = RecordOpening(
        user_id=by.id,
        child_id=child_id,
        centre_id=centre_id,
        why=why,
        text=text,
        opened_at=now,
        until=now + OPEN_FOR,
    )
    db.session.add(row)
    db.session.flush()
    audit.record(
        "open record", row, by=by.id, now=now, centre_id=centre_id, child=child_id, why=why
    )
    return row


def openings_at(centre_ids: frozenset[int]) -> list[RecordOpening]:
    """The latest openings at these centres, the last first."""
    query = (
        select(RecordOpening)
        .where(RecordOpening.centre_id.in_(centre_ids))
        .options(
            joinedload(RecordOpening.user),
            joinedload(RecordOpening.child),
            joinedload(RecordOpening.centre),
        )
        .order_by(RecordOpening.opened_at.desc(), RecordOpening.id.desc())
    )
    return list(db.session.scalars(query.limit(LISTED)))


def openings_of(child_id: int) -> list[RecordOpening]:
    """How often the child's record was opened for a reason, the last first."""
    query = (
        select(RecordOpening)
        .where(RecordOpening.child_id == child_id)
        .options(joinedload(RecordOpening.user), joinedload(RecordOpening.centre))
        .order_by(RecordOpening.opened_at.desc(), RecordOpening.id.desc())
    )
    return list(db.session.scalars(query.limit(LISTED)))
