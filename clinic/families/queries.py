"""Children as their guardians and their centres may see them. Everything starts from the user."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import Select, bindparam, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import selectinload

from clinic.accounts.models import Person
from clinic.db import db
from clinic.families.consents import VERSIONS
from clinic.families.models import Child, Consent, ConsentKind, Guardianship, Invitation
from clinic.plain import name_keys
from clinic.prepared import Prepared


def _theirs(user: Person) -> Select[Child]:
    return (
        select(Child)
        .join(Guardianship, Guardianship.child_id == Child.id)
        .where(Guardianship.user_id == user.id, Guardianship.revoked_at.is_(None))
    )


def children_of(user: Person) -> list[Child]:
    """The children whom this user cares for, eldest first."""
    return list(db.session.scalars(_theirs(user).order_by(Child.birth_date, Child.id)))


def get_child(user: Person, child_id: int) -> Child:
    """The child, if this user cares for it. Raises NoResultFound."""
    return db.session.execute(_theirs(user).where(Child.id == child_id)).scalar_one()


def must_care_for(user: Person, children: Collection[Child]) -> None:
    """Look again, once the children are locked. Raises NoResultFound if one is not theirs any more."""
    wanted = {child.id for child in children}
    found = db.session.scalars(
        _theirs(user).where(Child.id.in_(wanted)).with_only_columns(Child.id)
    )
    if wanted - set(found):
        raise NoResultFound


def known_child(user: Person, name: str, birth_date: date) -> Child | None:
    """The child of this user with that name, in any spelling, and that birth date."""
    keys = {key for key in name_keys(name) if key}
    return next(
        (
            child
            for child in children_of(user)
            if child.birth_date == birth_date and keys.intersection(name_keys(child.name))
        ),
        None,
    )


def children_with_guardians(child_ids: list[int]) -> list[Child]:
    """These children with guardianships and users loaded."""
    return list(
        db.session.scalars(
            select(Child)
            .where(Child.id.in_(child_ids))
            .options(selectinload(Child.guardianships).joinedload(Guardianship.user))
            .order_by(Child.id)
        )
    )


def latest_consent(user: Person, kind: ConsentKind) -> Consent | None:
    """What this user last said to a text of this kind."""
    return db.session.scalar(
        select(Consent)
        .where(Consent.user_id == user.id, Consent.kind == kind)
        .order_by(Consent.id.desc())
        .limit(1)
    )


_consents = Consent.__table__.c
SAID = Prepared(
    select(_consents.kind, _consents.given, _consents.text_version)
    .where(_consents.user_id == bindparam("user_id"))
    .order_by(_consents.id)
)


def has_consented(user: Person) -> bool:
    """Whether this user agreed to every text in its present version, and has not withdrawn."""
    latest = {row.kind: row for row in SAID.all(user_id=user.id)}
    return all(
        kind in latest and latest[kind].given and latest[kind].text_version == VERSIONS[kind]
        for kind in ConsentKind
    )


def get_guardianship(user: Person, guardianship_id: int) -> Guardianship:
    """A live guardianship of a child whom this user cares for. Raises NoResultFound."""
    return db.session.execute(
        select(Guardianship).where(
            Guardianship.id == guardianship_id,
            Guardianship.revoked_at.is_(None),
            Guardianship.child_id.in_(_theirs(user).with_only_columns(Child.id)),
        )
    ).scalar_one()


def open_invitations(user: Person, now: datetime) -> list[Invitation]:
    """The invitations that this user made and nobody has used."""
    return list(
        db.session.scalars(
            select(Invitation)
            .where(
                Invitation.invited_by_id == user.id,
                Invitation.accepted_at.is_(None),
                Invitation.revoked_at.is_(None),
                Invitation.expires_at > now,
            )
            .order_by(Invitation.id)
        )
    )
