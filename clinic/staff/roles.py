"""What a person of the staff is at a centre: changed, moved to another centre. Verbs flush."""

from collections.abc import Set
from datetime import datetime

from clinic.accounts import memberships
from clinic.accounts.models import Person, Profession, Role, User
from clinic.centres.models import Centre, Practitioner
from clinic.staff import practitioners
from clinic.staff.practitioners import Described


def change(
    user: User,
    centre: Centre,
    roles: Set[Role],
    *,
    profession: Profession | None = None,
    by: Person,
    now: datetime,
) -> bool:
    """From now on the user has these roles at the centre and no others; whether anything changed.

    Raises OwnRole.
    """
    held = {row.role: row for row in memberships.of_user_at(user.id, centre.id)}
    for role in sorted(held.keys() - roles):
        memberships.end(held[role], by=by, now=now)
    for role in sorted(roles - held.keys()):
        memberships.give(
            user,
            role,
            centre.id,
            profession=profession if role is Role.CLINICIAN else None,
            by=by,
            now=now,
        )
    changed = held.keys() != roles
    clinician = held.get(Role.CLINICIAN)
    if clinician and Role.CLINICIAN in roles and profession:
        changed |= memberships.change_profession(clinician, profession, by=by, now=now)
    return changed


def move(
    user: User,
    old: Centre,
    new: Centre,
    *,
    described: Practitioner | None,
    by: Person,
    now: datetime,
) -> None:
    """The roles that the user has at the old centre are theirs at the new one instead, from now on.

    `described` is the clinician of the old rota, who is known by the same name and titles on the new
    one, and gives no service there yet. Raises OwnRole.
    """
    for held in memberships.of_user_at(user.id, old.id):
        memberships.end(held, by=by, now=now)
        if (held.role, new.id) in {(there.role, there.centre_id) for there in user.held}:
            continue
        memberships.give(user, held.role, new.id, profession=held.profession, by=by, now=now)
        if held.role is Role.CLINICIAN and described and not practitioners.of_user(user.id, new.id):
            same = Described(*(getattr(described, name) for name in Described.__dataclass_fields__))
            practitioners.tie(practitioners.add(new, same, by=by, now=now), user)
