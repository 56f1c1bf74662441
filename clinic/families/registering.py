"""Children are registered and shared; guardians agree. Verbs flush; the caller commits."""

import hashlib
import secrets
from collections.abc import Collection
from contextlib import suppress
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from clinic import audit
from clinic.accounts import limits
from clinic.accounts.models import Person, User
from clinic.db import change_if, db
from clinic.errors import DomainError
from clinic.families import reconciling
from clinic.families.consents import VERSIONS
from clinic.families.models import (
    Child,
    Consent,
    ConsentKind,
    Guardianship,
    Invitation,
    Relation,
    Sex,
)
from clinic.families.pinyin import search_keys
from clinic.families.rules import check_day_of_identity
from clinic.sealing import CannotBeRead
from clinic.sentences import mark

INVITATION_GOOD_FOR = timedelta(days=7)
TOKEN_BYTES = 24


class InvitationGone(DomainError):
    message = mark(
        "This invitation has been used, withdrawn, or is too old. Please ask for a new one."
    )


class OwnInvitation(DomainError):
    message = mark("You opened your own invitation. Send the link to the other guardian.")


class OnlyTheFirst(DomainError):
    message = mark("Only the guardian who registered the child can do this.")


def register_child(
    *,
    guardian: Person,
    relation: Relation,
    name: str,
    sex: Sex,
    birth_date: date,
    birth_weight_g: int | None = None,
    gestation_weeks: int | None = None,
    allergies: str = "",
    certificate_no: str | None = None,
    identity_no: str | None = None,
    by: Person,
    now: datetime,
) -> Child:
    """A new child with its first guardian. Weight in grams, gestation in completed weeks."""
    child = Child(
        name=name,
        name_pinyin=search_keys(name),
        sex=sex,
        birth_date=birth_date,
        birth_weight_g=birth_weight_g,
        gestation_weeks=gestation_weeks,
        allergies=allergies,
        created_at=now,
    )
    first = Guardianship(user_id=guardian.id, relation=relation, is_first=True)
    first.granted_at, first.granted_by_id = now, by.id
    child.guardianships.append(first)
    db.session.add(child)
    db.session.flush()
    child.certificate_no, child.identity_no = certificate_no, identity_no  # sealed for its id
    db.session.flush()
    audit.record("register", child, by=by.id, now=now)
    return child


def change_child(child: Child, *, by: Person, now: datetime, **facts: object) -> None:
    """Correct what we know of a child; the trail says which fields, not what they hold.

    What hangs on its record is looked at again. Raises what `reconciling.must_fit` raises, or
    IdentityOfAnotherDay: the number on record names its day of birth.
    """
    with reconciling.reconciled([child.id], by=by, now=now):
        changed = sorted(name for name, value in facts.items() if _differs(child, name, value))
        if "birth_date" in changed:
            reconciling.must_fit(child.id, facts["birth_date"])  # type: ignore[arg-type]
        for name in changed:
            setattr(child, name, facts[name])
        if "birth_date" in changed:
            _must_fit_its_identity(child)
        if "name" in changed:
            child.name_pinyin = search_keys(child.name)
        if changed:
            audit.record("change", child, by=by.id, now=now, fields=changed)


def _must_fit_its_identity(child: Child) -> None:
    with suppress(CannotBeRead):
        if child.identity_no:
            check_day_of_identity(child.identity_no, child.birth_date)


def _differs(child: Child, name: str, value: object) -> bool:
    """Whether this changes what is on record. A number that cannot be decrypted counts as changed."""
    try:
        return bool(getattr(child, name) != value)
    except CannotBeRead:
        return True


def record_consents(
    user: Person,
    kinds: Collection[ConsentKind],
    *,
    language: str,
    by: Person,
    now: datetime,
    given: bool = True,
) -> None:
    """The user agreed to these texts in their present version, or withdrew."""
    for kind in kinds:
        consent = Consent(
            user_id=user.id,
            kind=kind,
            text_version=VERSIONS[kind],
            language=language,
            given=given,
            at=now,
            recorded_by_id=by.id,
        )
        db.session.add(consent)
        db.session.flush()
        action = "consent" if given else "withdraw_consent"
        audit.record(action, consent, by=by.id, now=now, kind=kind.value)


def invite(
    *, relation: Relation, by: Person, now: datetime, token: str = ""
) -> tuple[Invitation, str]:
    """A link for a second guardian: the row, and the secret that only the link carries.

    The secret is `token`, which comes from the form, so that two clicks give one link; without it,
    or if that link is over, a fresh one is made. Raises TooOften.
    """
    # Of two at once the second waits, so that it finds the other's.
    db.session.execute(select(User.id).where(User.id == by.id).with_for_update(key_share=True))
    if token and (known := find_invitation(token, now=now)):
        return known, token
    limits.spend(limits.INVITATION, str(by.id), now=now)
    if not token or _has_been(token):
        token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation = Invitation(
        token_hash=_hash(token),
        invited_by_id=by.id,
        relation=relation,
        created_at=now,
        expires_at=now + INVITATION_GOOD_FOR,
    )
    db.session.add(invitation)
    db.session.flush()
    audit.record("invite", invitation, by=by.id, now=now)
    return invitation, token


def _has_been(token: str) -> bool:
    """Whether there was an invitation with that secret."""
    was = select(Invitation.id).where(Invitation.token_hash == _hash(token))
    return db.session.scalar(was) is not None


def find_invitation(token: str, *, now: datetime) -> Invitation | None:
    """The invitation that a link names, if it can still be accepted."""
    return db.session.scalar(
        select(Invitation).where(
            Invitation.token_hash == _hash(token),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
    )


def shared_by(user: Person) -> list[Child]:
    """The children whom this user registered and may share, eldest first."""
    return list(
        db.session.scalars(
            select(Child)
            .join(Guardianship, Guardianship.child_id == Child.id)
            .where(
                Guardianship.user_id == user.id,
                Guardianship.is_first,
                Guardianship.revoked_at.is_(None),
            )
            .order_by(Child.birth_date, Child.id)
        )
    )


def accept(invitation: Invitation, *, by: Person, now: datetime) -> list[Child]:
    """The invited user becomes a guardian of every child that the inviter shares today.

    An invitation admits one person. Raises OwnInvitation, InvitationGone.
    """
    if invitation.invited_by_id == by.id:
        raise OwnInvitation
    if not _use_up(invitation, by=by, now=now):
        raise InvitationGone
    children = shared_by(invitation.invited_by)
    for child in children:
        _admit(child, invitation, by=by, now=now)
    return children


def _use_up(invitation: Invitation, *, by: Person, now: datetime) -> bool:
    """Whether it could still be accepted; from here on it is."""
    return change_if(
        invitation,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > now,
        accepted_at=now,
        accepted_by_id=by.id,
    )


def _admit(child: Child, invitation: Invitation, *, by: Person, now: datetime) -> None:
    """The child's guardian from now on, unless they are it already."""
    insert = (sqlite if db.engine.dialect.name == "sqlite" else postgresql).insert
    added = (
        insert(Guardianship)
        .values(
            user_id=by.id,
            child_id=child.id,
            relation=invitation.relation,
            granted_at=now,
            granted_by_id=invitation.invited_by_id,
            invitation_id=invitation.id,
        )
        .on_conflict_do_nothing(
            index_elements=["user_id", "child_id"], index_where=Guardianship.revoked_at.is_(None)
        )
        .returning(Guardianship.id)
    )
    if guardianship_id := db.session.scalar(added):
        audit.record("accept", ("guardianships", guardianship_id), by=by.id, now=now)


def withdraw_invitation(invitation: Invitation, *, by: Person, now: datetime) -> None:
    """The link no longer works. Raises InvitationGone if it was used or withdrawn meanwhile."""
    still = (Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
    if not change_if(invitation, *still, revoked_at=now):
        raise InvitationGone
    audit.record("withdraw_invitation", invitation, by=by.id, now=now)


def revoke(guardianship: Guardianship, *, by: Person, now: datetime) -> None:
    """End a guardianship: the child's first guardian may end another's, and another may leave.

    Twice is once.
    """
    first = db.session.scalar(
        select(Guardianship.user_id).where(
            Guardianship.child_id == guardianship.child_id,
            Guardianship.is_first,
            Guardianship.revoked_at.is_(None),
        )
    )
    if guardianship.is_first or by.id not in (first, guardianship.user_id):
        raise OnlyTheFirst
    live = Guardianship.revoked_at.is_(None)
    with reconciling.reconciled([guardianship.child_id], by=by, now=now):
        if change_if(guardianship, live, revoked_at=now, revoked_by_id=by.id):
            audit.record("revoke", guardianship, by=by.id, now=now)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
