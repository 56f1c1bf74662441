"""The people of a centre: who works there, since when, when last seen. A few queries for any number."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, lazyload, selectinload

from clinic.accounts import second_factor
from clinic.accounts.models import FormerMembership, Membership, Role, SignIn, User
from clinic.centres.models import Centre, Leave, Practitioner
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.staff.words import duty


class State(StrEnum):
    """Where a person of the staff stands today."""

    WORKING = "working"
    AWAY = "away"  # on leave for all of today or some of it
    NO_SIGN_IN = "no-sign-in"  # a clinician on the rota who cannot sign in
    LEFT = "left"


@dataclass
class Colleague:
    """A person of a centre's staff: with a sign-in, as a clinician on its rota, or both."""

    user: User | None
    practitioner: Practitioner | None = None
    memberships: list[Membership] = field(default_factory=list)
    last_seen: datetime | None = None
    has_second_factor: bool = False
    state: State = State.WORKING
    left_at: datetime | None = None

    @property
    def duties(self) -> list[str]:
        """What they are here: professions and roles, as English msgids."""
        return [duty(held.role, held.profession) for held in self.memberships]


def people_of(centre: Centre, now: datetime) -> list[Colleague]:
    """Everybody of the centre: those who work there, then those who left."""
    practitioners = _practitioners(centre)
    mine = {row.user_id: row for row in practitioners if row.user_id is not None}
    found: dict[int, Colleague] = {}
    for membership in _memberships(centre):
        colleague = found.setdefault(
            membership.user_id, Colleague(membership.user, mine.get(membership.user_id))
        )
        colleague.memberships.append(membership)
    left = [
        Colleague(row.user, mine.get(row.user_id), state=State.LEFT, left_at=row.until)
        for row in _former(centre)
        if row.user_id not in found
    ]
    known = {*found, *(each.user.id for each in left if each.user)}
    unknown = [row for row in practitioners if row.user_id not in known]
    here = [*found.values(), *(Colleague(None, row, state=State.NO_SIGN_IN) for row in unknown)]
    _note_absence(here, now)
    note_sign_ins([*here, *left])
    return [*here, *left]


def _memberships(centre: Centre) -> Iterable[Membership]:
    query = (
        select(Membership)
        .where(Membership.centre_id == centre.id)
        .options(joinedload(Membership.user).options(lazyload(User.memberships)))
        .order_by(Membership.id)
    )
    return db.session.scalars(query)


def _practitioners(centre: Centre) -> Sequence[Practitioner]:
    query = (
        select(Practitioner)
        .where(Practitioner.centre_id == centre.id)
        .options(selectinload(Practitioner.services))
        .order_by(Practitioner.id)
    )
    return db.session.scalars(query).all()


def _former(centre: Centre) -> Iterable[FormerMembership]:
    """Of each user the role that ended last, the last first."""
    query = (
        select(FormerMembership)
        .where(FormerMembership.centre_id == centre.id)
        .options(joinedload(FormerMembership.user).options(lazyload(User.memberships)))
        .order_by(FormerMembership.until.desc(), FormerMembership.id.desc())
    )
    last: dict[int, FormerMembership] = {}
    for row in db.session.scalars(query):
        last.setdefault(row.user_id, row)
    return last.values()


def _note_absence(colleagues: Collection[Colleague], now: datetime) -> None:
    """Say of whom the leave touches today."""
    start, end = day_bounds(clinic_day(now))
    ids = [each.practitioner.id for each in colleagues if each.practitioner]
    away = set(
        db.session.scalars(
            select(Leave.practitioner_id).where(
                Leave.practitioner_id.in_(ids),
                Leave.lifted_at.is_(None),
                Leave.starts_at < end,
                Leave.ends_at > start,
            )
        )
    )
    for colleague in colleagues:
        is_away = colleague.practitioner and colleague.practitioner.id in away
        if is_away and colleague.state is State.WORKING:
            colleague.state = State.AWAY


def note_sign_ins(colleagues: Collection[Colleague]) -> None:
    """Say when each last pressed anything (sign-ins of long ago are not kept), and who has a second
    factor."""
    ids = [each.user.id for each in colleagues if each.user]
    query = (
        select(SignIn.user_id, func.max(SignIn.used_at))
        .where(SignIn.user_id.in_(ids))
        .group_by(SignIn.user_id)
    )
    secured = second_factor.who_has_it(ids)
    seen = {user_id: used_at for user_id, used_at in db.session.execute(query)}  # noqa: C416
    for colleague in colleagues:
        if colleague.user:
            colleague.last_seen = seen.get(colleague.user.id)
            colleague.has_second_factor = colleague.user.id in secured


def administrators() -> list[Colleague]:
    """The administrators of the city, in the order in which they were appointed."""
    query = (
        select(Membership)
        .where(Membership.role == Role.ADMIN)
        .options(joinedload(Membership.user).options(lazyload(User.memberships)))
        .order_by(Membership.id)
    )
    found = [Colleague(row.user, memberships=[row]) for row in db.session.scalars(query)]
    note_sign_ins(found)
    return found


def person_of(centre: Centre, user_id: int, now: datetime) -> Colleague | None:
    """That person, if they work at the centre or did."""
    return next(
        (
            each
            for each in people_of(centre, now)
            if each.user is not None and each.user.id == user_id
        ),
        None,
    )


def past_of(user: User, centre: Centre) -> Sequence[FormerMembership]:
    """What the user was at the centre before, the last first."""
    query = (
        select(FormerMembership)
        .where(FormerMembership.user_id == user.id, FormerMembership.centre_id == centre.id)
        .order_by(FormerMembership.until.desc(), FormerMembership.id.desc())
    )
    return db.session.scalars(query).all()
