"""Where people are signed in: begun, used, ended. Verbs flush, unless they say that they commit.

A browser's cookie holds a random key. The forms' token is made of the key, and the database
keeps a hash of that token: who reads a page or the database cannot make the cookie of it.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import bindparam, case, select, update
from sqlalchemy.exc import DBAPIError

from clinic.accounts.models import Ended, SignedIn, SignIn, User
from clinic.accounts.queries import user_of_sign_in
from clinic.db import UTCDateTime, db, in_one_transaction, undo

PARENTS_MAY_REST = timedelta(days=30)
STAFF_MAY_REST = timedelta(hours=12)
AWAY_AFTER = timedelta(minutes=30)  # then staff say again who they are before they see a child
PROOF_IS_FRESH = timedelta(minutes=10)  # for what does harm if another person presses it
# So exactly the last press is known; it is written no more often.
NOTED_EVERY = {True: timedelta(minutes=1), False: timedelta(hours=1)}  # staff, parents

_sign_ins = SignIn.__table__
_now = bindparam("now", type_=UTCDateTime())
_here_since = bindparam("here_since", type_=UTCDateTime())
# Of several requests at once, one writes; what has ended stays as it is.
USED = (
    update(_sign_ins)  # type: ignore[arg-type]
    .where(
        _sign_ins.c.id == bindparam("sign_in_id"),
        _sign_ins.c.ended_at.is_(None),
        _sign_ins.c.used_at <= bindparam("noted_before", type_=UTCDateTime()),
    )
    .values(
        used_at=_now,
        present_at=case(
            (_sign_ins.c.present_at >= _here_since, _now), else_=_sign_ins.c.present_at
        ),
    )
)


def token_of(key: str) -> str:
    """The raw token of the forms of that sign-in."""
    return hashlib.sha256(key.encode()).hexdigest()


def hash_of(token: str) -> str:
    """What the database keeps of a sign-in, of its forms' token."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(
    user: User,
    *,
    browser: str,
    browser_id: int | None = None,
    asks_about: int | None = None,
    has_second: bool = False,
    now: datetime,
) -> str:
    """Sign the user in, who has just proved who they are; the key for the browser's cookie.

    `browser_id` is that of the known browser; `asks_about` another, of which it shall be asked.
    """
    key = secrets.token_urlsafe(32)
    db.session.add(
        SignIn(
            key_hash=hash_of(token_of(key)),
            user_id=user.id,
            epoch=user.epoch,
            browser=browser,
            created_at=now,
            used_at=now,
            present_at=now,
            proved_at=now,
            has_second=has_second,
            browser_id=browser_id,
            new_browser_id=asks_about,
        )
    )
    db.session.flush()
    return key


def who_has(key: str, *, now: datetime) -> SignedIn | None:
    """Who is signed in by that key and has not rested for too long."""
    who = user_of_sign_in(hash_of(token_of(key)))
    if who is None:
        return None
    may_rest = STAFF_MAY_REST if who.is_staff else PARENTS_MAY_REST
    return who if now - who.used_at <= may_rest else None


def user_of_token(token: str) -> int | None:
    """Whose pages have forms with that token, also when the sign-in is over."""
    whose = select(SignIn.user_id).where(SignIn.key_hash == hash_of(token))
    return db.session.scalar(whose)


def note_use(who: SignedIn, *, now: datetime) -> bool:
    """Write down that they pressed something, if it was long ago that it was written; commits.

    Says whether it was due. The page that was asked for does not fail if this cannot be written.
    """
    noted_before = now - NOTED_EVERY[who.is_staff]
    if who.used_at > noted_before:
        return False
    values = {
        "sign_in_id": who.sign_in_id,
        "now": now,
        "noted_before": noted_before,
        "here_since": now - AWAY_AFTER,
    }
    try:
        in_one_transaction(lambda: db.session.connection().execute(USED, values), lasting=False)
    except DBAPIError:
        undo()
    return True


def come_back(sign_in_id: int, *, now: datetime) -> None:
    """Whoever was away has said again who they are."""
    db.session.execute(
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.ended_at.is_(None))
        .values(used_at=now, present_at=now)
    )


def prove_again(sign_in_id: int, *, has_second: bool, now: datetime) -> None:
    """They have said again who they are, by all that they have for it."""
    db.session.execute(
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.ended_at.is_(None))
        .values(used_at=now, present_at=now, proved_at=now, has_second=has_second)
    )


def ask_about(browser_id: int | None, user_id: int, *, but: int | None = None) -> None:
    """In all sign-ins of the user `but` those with that browser, ask whether it is theirs.

    None: ask about none any more.
    """
    live = update(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None))
    if but:
        live = live.where(SignIn.browser_id.is_distinct_from(but))
    db.session.execute(live.values(new_browser_id=browser_id))


def is_proved_lately(who: SignedIn, *, now: datetime) -> bool:
    """Whether they said who they are a few minutes ago."""
    return now - who.proved_at <= PROOF_IS_FRESH


def is_away(who: SignedIn, *, now: datetime) -> bool:
    """Whether they work at a centre and nobody has pressed anything in their name for half an hour."""
    return who.is_staff and now - who.present_at > AWAY_AFTER


def of_user(who: SignedIn, *, now: datetime) -> list[SignIn]:
    """Where they are signed in, the last used first."""
    may_rest = STAFF_MAY_REST if who.is_staff else PARENTS_MAY_REST
    return list(
        db.session.scalars(
            select(SignIn)
            .join(User, User.id == SignIn.user_id)
            .where(
                SignIn.user_id == who.id,
                SignIn.ended_at.is_(None),
                SignIn.epoch == User.epoch,
                SignIn.used_at >= now - may_rest,
            )
            .order_by(SignIn.used_at.desc(), SignIn.id.desc())
        )
    )


def end_with_browser(browser_id: int, user_id: int, *, now: datetime) -> None:
    """End all sign-ins of the user with that browser."""
    db.session.execute(
        update(SignIn)
        .where(
            SignIn.user_id == user_id,
            SignIn.browser_id == browser_id,
            SignIn.ended_at.is_(None),
        )
        .values(ended_at=now, ended_why=Ended.ELSEWHERE)
    )


def end(sign_in_id: int, why: Ended, *, now: datetime) -> None:
    """End that sign-in, if it has not ended."""
    db.session.execute(
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.ended_at.is_(None))
        .values(ended_at=now, ended_why=why)
    )


def end_all(user_id: int, *, but: int | None = None, now: datetime) -> None:
    """Sign the user out everywhere, `but` in the sign-in with that id.

    What was proved before this moment admits nobody after it.
    """
    counted = update(User).where(User.id == user_id).values(epoch=User.epoch + 1)
    epoch = db.session.scalar(counted.returning(User.epoch))
    live = update(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None))
    db.session.execute(
        live.where(SignIn.id != (but or 0)).values(ended_at=now, ended_why=Ended.EVERYWHERE)
    )
    if but:
        db.session.execute(live.where(SignIn.id == but).values(epoch=epoch))
