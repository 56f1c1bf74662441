"""A clinician's calendar at a secret address: made, replaced, revoked, found. Verbs flush."""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import select

from clinic import audit
from clinic.accounts.models import Person, Role, User
from clinic.audit.trail import Event
from clinic.calendar.models import CalendarFeed
from clinic.db import change_if, db

TOKEN_BYTES = 32


def open_feed(user: Person, *, now: datetime, token: str = "") -> str:
    """The secret of the user's calendar, told only now; an earlier one is void.

    It is `token`, of several clicks on one form the same; else, or if that was revoked, a fresh one.
    """
    # Of two at once the second waits, so that each finds the other's.
    db.session.execute(select(User.id).where(User.id == user.id).with_for_update())
    before = select(CalendarFeed).where(CalendarFeed.token_hash == _hash(token))
    if token and (known := db.session.scalar(before)):
        if known.revoked_at is None:
            return token
        token = ""
    token = token or secrets.token_urlsafe(TOKEN_BYTES)
    close_feed(user, now=now)
    feed = CalendarFeed(user_id=user.id, token_hash=_hash(token), made_at=now)
    db.session.add(feed)
    db.session.flush()
    audit.record("open_feed", feed, by=user.id, now=now)
    return token


def close_feed(user: Person, *, now: datetime) -> None:
    """Revoke the user's secret address, if there is one."""
    feed = live_feed(user)
    if feed and change_if(feed, CalendarFeed.revoked_at.is_(None), revoked_at=now):
        audit.record("close_feed", feed, by=user.id, now=now)


def follow_roles(event: Event) -> None:
    """Revoke the secret address of whoever is a clinician nowhere any more."""
    if event.action != "end role" or event.details.get("role") != Role.CLINICIAN:
        return
    user = db.session.get_one(User, event.subject_id)
    if Role.CLINICIAN not in user.roles:
        close_feed(user, now=event.at)


def live_feed(user: Person) -> CalendarFeed | None:
    """The user's feed that can be read now."""
    return db.session.scalar(
        select(CalendarFeed).where(
            CalendarFeed.user_id == user.id, CalendarFeed.revoked_at.is_(None)
        )
    )


def whose(token: str) -> User | None:
    """The clinician whose calendar the secret opens: nobody if it was revoked or the role was lost."""
    user = db.session.scalar(
        select(User)
        .join(CalendarFeed, CalendarFeed.user_id == User.id)
        .where(CalendarFeed.token_hash == _hash(token), CalendarFeed.revoked_at.is_(None))
    )
    return user if user is not None and Role.CLINICIAN in user.roles else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
