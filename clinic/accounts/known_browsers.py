"""Browsers in which a user has signed in before: what tells the owner from strangers. Verbs flush.

A browser keeps a random cookie for longer than a sign-in lasts; here is its hash, for each user
who signed in there. No fingerprint is taken. The cookie alone opens nothing: by it a new browser
is told to the others (`sign_ins.begin`), and wrong tries elsewhere do not slow its owner (`tries`).
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from flask import Response, current_app, g, request
from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from clinic.accounts.models import KnownBrowser, SignedIn
from clinic.db import db

REMEMBERED = timedelta(days=400)  # after the last sign-in; browsers keep no cookie for longer
LONGEST = 100  # characters


def of_user(user_id: int) -> int | None:
    """The id of the row by which this user knows the browser that asks; None for a stranger's."""
    mine = select(KnownBrowser.id).where(KnownBrowser.user_id == user_id)
    return db.session.scalar(mine.where(KnownBrowser.key_hash == _hash(_key())))


def remember(user_id: int, *, browser: str, now: datetime) -> tuple[int, bool]:
    """Know the browser that asks from now on: its id, and whether its owner must be told of it.

    The first browser of an account is told to nobody.
    """
    mine = KnownBrowser.user_id == user_id
    others = db.session.scalars(select(KnownBrowser.key_hash).where(mine)).all()
    is_first, is_known = not others, _hash(_key()) in others
    insert = (sqlite if db.engine.dialect.name == "sqlite" else postgresql).insert
    row = insert(KnownBrowser).values(
        user_id=user_id,
        key_hash=_hash(_key()),
        browser=browser,
        created_at=now,
        used_at=now,
        confirmed_at=now if is_first else None,
    )
    kept = row.on_conflict_do_update(
        index_elements=["user_id", "key_hash"], set_={"used_at": now, "browser": browser}
    )
    browser_id = db.session.scalar(kept.returning(KnownBrowser.id))
    assert browser_id is not None
    g.browser_is_kept = True
    return browser_id, not (is_first or is_known)


def unconfirmed(user_id: int, *, but: int) -> int | None:
    """The id of the newest browser of which its owner has not said that it is theirs."""
    newest = select(KnownBrowser.id).where(
        KnownBrowser.user_id == user_id,
        KnownBrowser.confirmed_at.is_(None),
        KnownBrowser.id != but,
    )
    return db.session.scalar(newest.order_by(KnownBrowser.created_at.desc()).limit(1))


def asked_about(who: SignedIn) -> KnownBrowser | None:
    """The browser of which this sign-in asks whether it is theirs."""
    return db.session.get(KnownBrowser, who.new_browser_id) if who.new_browser_id else None


def confirm(browser_id: int, user_id: int, *, now: datetime) -> None:
    """Its owner says that it is theirs."""
    db.session.execute(
        update(KnownBrowser)
        .where(KnownBrowser.id == browser_id, KnownBrowser.user_id == user_id)
        .values(confirmed_at=now)
    )


def forget(user_id: int, *, browser_id: int | None = None, but: int | None = None) -> None:
    """Know that browser no longer; without one, all of the user's `but` that."""
    these = delete(KnownBrowser).where(KnownBrowser.user_id == user_id)
    if browser_id is not None:
        these = these.where(KnownBrowser.id == browser_id)
    db.session.execute(these.where(KnownBrowser.id != (but or 0)))


def send_cookie(response: Response) -> Response:
    """Let a browser that was remembered in this request keep its cookie."""
    if g.pop("browser_is_kept", False):
        response.set_cookie(
            _name(),
            _key(),
            max_age=REMEMBERED,
            secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
            httponly=True,
            samesite="Lax",
        )
    return response


def _name() -> str:
    return "__Host-browser" if current_app.config["SESSION_COOKIE_SECURE"] else "browser"


def _key() -> str:
    """What the browser sent; a new one for a browser that has none."""
    if "browser_key" not in g:
        sent = request.cookies.get(_name(), "")
        g.browser_key = sent if 20 <= len(sent) <= LONGEST else secrets.token_urlsafe(32)
    return str(g.browser_key)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
