"""Who may what at a centre, looked through by its manager every so often: an event, with what was shown."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response, flash, request
from flask_babel import gettext as _
from sqlalchemy import select

from clinic import audit, clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.models import Role, User
from clinic.audit.trail import AuditEvent
from clinic.centres.managed import managed_centre
from clinic.centres.models import Centre
from clinic.db import db, in_one_transaction, lock_row
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.sentences import mark
from clinic.staff.blueprint import bp
from clinic.staff.people import Colleague, State, people_of
from clinic.web import render, see_other

EVERY = timedelta(days=182)  # half a year. Unverified: no rule for it was found


class NotAsShown(DomainError):
    message = mark("The list has changed since you opened it. Please look through it again.")


@dataclass(frozen=True)
class Review:
    """When the list was last looked through, and by whom."""

    at: datetime
    by: str


def last_review(centre: Centre) -> Review | None:
    """The centre's last one."""
    query = (
        select(AuditEvent.at, User.name)
        .join(User, User.id == AuditEvent.actor_id)
        .where(
            AuditEvent.subject == "centres",
            AuditEvent.subject_id == centre.id,
            AuditEvent.action == "review staff",
        )
        .order_by(AuditEvent.id.desc())
        .limit(1)
    )
    found = db.session.execute(query).first()
    return Review(found.at, found.name) if found else None


def is_due(review: Review | None, now: datetime) -> bool:
    """Whether it is time to look through the list."""
    return review is None or now - review.at >= EVERY


@bp.route("/<code>/review", methods=["GET", "POST"])
@allow(Role.MANAGER, Role.ADMIN)
@names_nobody("people of the staff")
def review(code: str) -> Response:
    centre, now, refusal = managed_centre(me(), code), clock.now(), None
    if request.method == "POST":
        version = request.form.get("version", "")
        try:
            in_one_transaction(lambda: _review(centre, version, now))
        except DomainError as refused:
            refusal = say(refused)
            centre = managed_centre(me(), code)
        else:
            flash(_("Thank you. The review is on record."))
            return see_other("staff.review", code=code)
    people, last = working_at(centre, now), last_review(centre)
    return render(
        "staff/review.html",
        status=409 if refusal else 200,
        centre=centre,
        people=people,
        givers=_givers(people),
        version=version_of(people),
        last=last,
        is_due=is_due(last, now),
        refusal=refusal,
    )


def _review(centre: Centre, version: str, now: datetime) -> None:
    """Put on record that this list was looked through. Raises NotAsShown."""
    lock_row(centre)
    people = working_at(centre, now)
    if version != version_of(people):
        raise NotAsShown
    seen = [[each.user.id, *each.duties] for each in people if each.user]
    audit.record("review staff", centre, by=me().id, now=now, centre_id=centre.id, seen=seen)


def working_at(centre: Centre, now: datetime) -> list[Colleague]:
    """Those who may do anything at the centre."""
    return [
        each
        for each in people_of(centre, now)
        if each.user is not None and each.state is not State.LEFT
    ]


def version_of(people: list[Colleague]) -> str:
    """What was shown, in short: who may what."""
    shown = sorted((each.user.id, *sorted(each.duties)) for each in people if each.user)
    return hashlib.blake2b(repr(shown).encode(), digest_size=8).hexdigest()


def _givers(people: list[Colleague]) -> dict[int, str]:
    """The names of those who gave the roles, by their ids."""
    ids = {held.given_by_id for each in people for held in each.memberships}
    names = db.session.execute(select(User.id, User.name).where(User.id.in_(ids - {None})))
    return {row.id: row.name for row in names}
