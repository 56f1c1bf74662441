"""Clinicians on a centre's rota: added, described, tied to a sign-in. Verbs flush."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import exists, select

from clinic import audit
from clinic.accounts.models import Membership, Person, Role, StaffInvitation, User
from clinic.accounts.queries import find_user
from clinic.audit.trail import Event
from clinic.centres.models import Centre, Practitioner
from clinic.db import db, lock_row
from clinic.errors import DomainError
from clinic.sentences import mark


class OfAnother(DomainError):
    message = mark("Another person signs in as this clinician by now. Please choose again.")


class IsClinicianHere(DomainError):
    message = mark("This sign-in belongs to another clinician of the centre already: %(name)s.")


@dataclass(frozen=True)
class Described:
    """How families and the rota know a clinician; languages by their codes."""

    name_zh: str
    name_en: str
    title_zh: str
    title_en: str
    fields_zh: str
    fields_en: str
    languages: list[str]


def add(centre: Centre, described: Described, *, by: Person, now: datetime) -> Practitioner:
    """A clinician for the centre's rota, who gives no service yet and has no sign-in."""
    practitioner = Practitioner(centre_id=centre.id, **asdict(described))
    db.session.add(practitioner)
    db.session.flush()
    audit.record("add practitioner", practitioner, by=by.id, now=now, centre_id=centre.id)
    return practitioner


def describe(
    practitioner: Practitioner, described: Described, *, by: Person, now: datetime
) -> None:
    """Change how they are known; the trail says which fields."""
    said = asdict(described)
    changed = [name for name, value in said.items() if getattr(practitioner, name) != value]
    for name in changed:
        setattr(practitioner, name, said[name])
    if changed:
        db.session.flush()
        centre_id = practitioner.centre_id
        audit.record(
            "describe practitioner",
            practitioner,
            by=by.id,
            now=now,
            centre_id=centre_id,
            fields=changed,
        )


def tie(practitioner: Practitioner, user: User) -> None:
    """From now on the user signs in as this clinician. Raises OfAnother, IsClinicianHere."""
    lock_row(practitioner)
    if practitioner.user_id == user.id:
        return
    if practitioner.user_id is not None:
        raise OfAnother
    if other := of_user(user.id, practitioner.centre_id):
        raise IsClinicianHere(name=other.name_zh)
    practitioner.user_id = user.id
    db.session.flush()


def must_be_free(practitioner: Practitioner, contact: str) -> None:
    """Raises IsClinicianHere if that contact's user is another clinician of the centre."""
    user = find_user(contact)
    other = of_user(user.id, practitioner.centre_id) if user else None
    if other and other.id != practitioner.id:
        raise IsClinicianHere(name=other.name_zh)


def follow_invitations(event: Event) -> None:
    """Whoever accepted a clinician's invitation signs in as that clinician of the rota.

    Raises OfAnother, IsClinicianHere: then nothing of it was accepted.
    """
    if event.action != "accept staff invitation":
        return
    invitation = db.session.get_one(StaffInvitation, event.subject_id)
    if invitation.practitioner_id and event.by:
        practitioner = db.session.get_one(Practitioner, invitation.practitioner_id)
        tie(practitioner, db.session.get_one(User, event.by))


def of_user(user_id: int, centre_id: int) -> Practitioner | None:
    """As whom the user is, or was, on the rota of that centre."""
    return db.session.scalar(
        select(Practitioner).where(
            Practitioner.user_id == user_id, Practitioner.centre_id == centre_id
        )
    )


def without_sign_in(centre: Centre) -> Sequence[Practitioner]:
    """The centre's clinicians as whom nobody signs in, or who left: they may come back."""
    signs_in = exists().where(
        Membership.user_id == Practitioner.user_id,
        Membership.centre_id == Practitioner.centre_id,
        Membership.role == Role.CLINICIAN,
    )
    query = select(Practitioner).where(Practitioner.centre_id == centre.id, ~signs_in)
    return db.session.scalars(query.order_by(Practitioner.id)).all()
