"""Roles of the staff: given and ended. Verbs flush; the caller commits.

What may not be: the last administrator is not removed, and nobody takes away a role of their own.
"""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from clinic import audit
from clinic.accounts import sign_ins
from clinic.accounts.models import (
    FormerMembership,
    Membership,
    Person,
    Profession,
    Role,
    User,
)
from clinic.db import db
from clinic.errors import DomainError
from clinic.sentences import mark

AT_A_CENTRE = (Role.CLINICIAN, Role.RECEPTION, Role.MANAGER)


class HasRole(DomainError):
    message = mark("This person has this role here already.")


class OwnRole(DomainError):
    message = mark("You cannot take away a role of your own. Ask another manager or administrator.")


class LastAdministrator(DomainError):
    message = mark("This is the last administrator. Add another one first.")


def give(
    user: User,
    role: Role,
    centre_id: int | None,
    *,
    profession: Profession | None = None,
    by: Person | None,
    now: datetime,
) -> None:
    """The user has that role from now on, a clinician with a profession; `by` is None for a command.

    Of two at the same moment the second is told so. Raises HasRole.
    """
    giver = by.id if by else None
    insert = (sqlite if db.engine.dialect.name == "sqlite" else postgresql).insert
    added = (
        insert(Membership)
        .values(
            user_id=user.id,
            role=role,
            centre_id=centre_id,
            profession=profession,
            since=now,
            given_by_id=giver,
        )
        .on_conflict_do_nothing()
        .returning(Membership.id)
    )
    if db.session.scalar(added) is None:
        raise HasRole
    db.session.expire(user, ["memberships"])
    audit.record(
        "give role",
        user,
        by=giver,
        now=now,
        centre_id=centre_id,
        role=role.value,
        profession=profession.value if profession else None,
    )


def change_profession(
    membership: Membership, profession: Profession, *, by: Person, now: datetime
) -> bool:
    """The clinician has that profession there from now on; what they were goes into their past.

    Says whether it is another one.
    """
    if membership.profession is profession:
        return False
    db.session.add(_past(membership, by, now))
    membership.profession, membership.since, membership.given_by_id = profession, now, by.id
    db.session.flush()
    details = {"centre_id": membership.centre_id, "profession": profession.value}
    audit.record("change profession", membership.user, by=by.id, now=now, **details)  # type: ignore[arg-type]
    return True


def end(membership: Membership, *, by: Person, now: datetime) -> None:
    """The role is over from now on, and the user signed out everywhere. Twice is once.

    Raises OwnRole, LastAdministrator.
    """
    if membership.user_id == by.id:
        raise OwnRole
    if membership.role is Role.ADMIN:
        _must_leave_another(membership)
    ended = delete(Membership).where(Membership.id == membership.id).returning(Membership.id)
    found = db.session.scalar(ended, execution_options={"synchronize_session": False})
    user = db.session.get_one(User, membership.user_id)
    db.session.expire(user, ["memberships"])
    if found is None:
        return
    db.session.expunge(membership)
    db.session.add(_past(membership, by, now))
    db.session.flush()
    sign_ins.end_all(user.id, now=now)
    details = {"centre_id": membership.centre_id, "role": membership.role.value}
    audit.record("end role", user, by=by.id, now=now, **details)  # type: ignore[arg-type]


def leave(user: User, centre_id: int, *, by: Person, now: datetime) -> None:
    """The user works at that centre no longer; roles elsewhere stay. Raises OwnRole."""
    for membership in of_user_at(user.id, centre_id):
        end(membership, by=by, now=now)


def of_user_at(user_id: int, centre_id: int | None) -> list[Membership]:
    """The roles that the user has at that centre; without one, as an administrator."""
    at = Membership.centre_id == centre_id if centre_id else Membership.role == Role.ADMIN
    query = select(Membership).where(Membership.user_id == user_id, at).order_by(Membership.id)
    return list(db.session.scalars(query))


def number_of(role: Role, centre_id: int) -> int:
    """How many have that role at that centre."""
    query = select(func.count()).where(Membership.role == role, Membership.centre_id == centre_id)
    return db.session.scalar(query) or 0


def _must_leave_another(membership: Membership) -> None:
    """Of two administrators who remove each other at once, the second waits here and is refused."""
    query = (
        select(Membership.id)
        .where(Membership.role == Role.ADMIN)
        .order_by(Membership.id)
        .with_for_update()
    )
    if set(db.session.scalars(query)) <= {membership.id}:
        raise LastAdministrator


def _past(membership: Membership, by: Person, now: datetime) -> FormerMembership:
    return FormerMembership(
        user_id=membership.user_id,
        role=membership.role,
        profession=membership.profession,
        centre_id=membership.centre_id,
        since=membership.since,
        until=now,
        given_by_id=membership.given_by_id,
        ended_by_id=by.id,
    )
