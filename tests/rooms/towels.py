"""A resource that only the tests have: a towel for each foot bath, of which a centre has two."""

from sqlalchemy import func, select

from clinic.db import db
from clinic.errors import DomainError
from clinic.reservations.models import ReleaseReason, Reservation
from clinic.reservations.reserving import (
    hand_over,
    is_live_of,
    owner_of,
    release,
    release_over,
    reserve,
    visit_of,
)
from clinic.scheduling.verdict.requirements import PurposeChoice
from clinic.scheduling.verdict.rules import Objection

AT_A_CENTRE = 2
BIG = PurposeChoice("big", "大毛巾", "Big towel", None, True)


class Towel(Reservation):
    __mapper_args__ = {"polymorphic_identity": "towel"}  # noqa: RUF012 - SQLAlchemy's own spelling


class NoTowel(DomainError):
    message = "No towel is left."


class Towels:
    """What a foot bath requires."""

    made_of = None

    def __init__(self, child_ids, codes, moving, today, now):
        self.number = len(child_ids)

    def purposes(self, child_id):
        return []

    def notes(self, child_id):
        return []

    def objections(self, child_id, day):
        return []

    def lacks(self, centre_id, day):
        is_short = towels_reserved(centre_id) + self.number > AT_A_CENTRE
        return Objection("no_towel", NoTowel.message, {}) if is_short else None

    def reserve(self, hold, *, by, now, is_new):
        if is_new:
            reserve_towel(hold, None, by=by, now=now)

    def leave(self, appointment, centre_id, *, now):
        mine = is_live_of(Towel, owner_of(None, appointment))
        release(db.session.scalars(select(Towel.id).where(mine)), ReleaseReason.MOVED, now=now)

    def assign(self, appointment, from_hold=None, *, by, now):
        mine = is_live_of(Towel, owner_of(None, appointment))
        had = db.session.scalars(select(Towel.id).where(mine)).all()
        if from_hold:
            release(had, ReleaseReason.MOVED, now=now)
            hand_over(Towel, from_hold, appointment)
        elif not had:
            reserve_towel(None, appointment, by=by, now=now)

    @staticmethod
    def reserved_with(hold_ids):
        held = db.session.scalars(select(Towel.hold_id).where(Towel.hold_id.in_(hold_ids)))
        return {hold_id: [BIG] for hold_id in held}


def reserve_towel(hold, appointment, *, by, now):
    """Raises NoTowel."""
    (centre_id, _), child_id = visit_of(hold, appointment), (hold or appointment).child_id
    release_over(Towel, centre_id, BIG.code, now=now)
    if towels_reserved(centre_id) >= AT_A_CENTRE:
        raise NoTowel
    owner = owner_of(hold, appointment)
    reserve(Towel(**owner, child_id=child_id, centre_id=centre_id, key=BIG.code), by=by, now=now)


def towels_reserved(centre_id):
    live = (Towel.centre_id == centre_id, Towel.released_at.is_(None))
    return db.session.scalar(select(func.coalesce(func.sum(Towel.quantity), 0)).where(*live))
