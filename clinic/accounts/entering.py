"""From a proof of who somebody is to a browser that is signed in, and out of it again."""

from datetime import datetime, timedelta

from flask import Response, request, session
from flask_login import current_user

from clinic import audit, clock
from clinic.accounts import (
    kept_forms,
    known_browsers,
    passwords,
    second_factor,
    sign_ins,
    tries,
)
from clinic.accounts.access import demo_mode, me
from clinic.accounts.browsers import in_words
from clinic.accounts.choosing_passwords import renew_hash
from clinic.accounts.demo_sign_ins import is_shared
from clinic.accounts.models import Ended, Person, Role, User
from clinic.accounts.queries import find_user
from clinic.accounts.tries import Asker
from clinic.db import db
from clinic.web import forget_pages, leave_for, safe_next, see_other

HALF_IN_FOR = timedelta(minutes=10)  # to find the phone with the second factor
# Where each role's day begins; the first that fits.
HOMES = (
    (Role.RECEPTION, "desk.today"),
    (Role.CLINICIAN, "calendar.today"),
    (Role.MANAGER, "manage.index"),
    (Role.ADMIN, "setup.index"),
    (Role.PARENT, "home.index"),
)


def asker_of(user: User | None) -> Asker:
    """Where this request's try at that user's account comes from."""
    known = known_browsers.of_user(user.id if user else 0)
    return Asker(known, request.remote_addr or "")


def check_password(contact: str, password: str, *, now: datetime) -> User | None:
    """The user with this phone or e-mail, if it is their password. Raises TooOften.

    The caller commits in any case: each wrong try counts.
    """
    user = find_user(contact)
    counted = tries.count(tries.PASSWORD, contact, asker=asker_of(user), now=now)
    if not passwords.is_password(user.password_hash if user else None, password):
        refused(user, how="password", now=now)
        return None
    counted.was_right()
    if user:
        renew_hash(user, password)
    return user


def refused(user: User | None, *, how: str, now: datetime) -> None:
    """Put a wrong password or code on the trail; whose contact was typed, if it is anybody's."""
    audit.record("sign-in refused", ("users", user.id if user else None), by=None, now=now, how=how)


def enter(user: User, *, how: str) -> Response:
    """After a password, code or link: sign the user in, or ask for the second factor; commits."""
    if not second_factor.is_on(user.id):
        return enter_wholly(user, how=how)
    db.session.commit()
    at = int(clock.now().timestamp())
    session["half"] = {"user": user.id, "epoch": user.epoch, "how": how, "at": at}
    return see_other("accounts.second_step")


def half_in() -> tuple[User, str] | None:
    """Who still has to give the second factor here, and how they began; None if nobody has.

    What was proved before their sign-ins were ended is void.
    """
    half = session.get("half")
    if not half or clock.now().timestamp() - half["at"] > HALF_IN_FOR.total_seconds():
        return None
    user = db.session.get(User, half["user"])
    return (user, half["how"]) if user and user.epoch == half["epoch"] else None


def enter_wholly(user: User, *, how: str, has_second: bool = False) -> Response:
    """Sign the user in and go where they wanted to, or where their day begins; commits.

    Nothing that the browser held before goes with them but where they are.
    """
    now = clock.now()
    if current_user.is_authenticated:
        sign_ins.end(me().sign_in_id, Ended.REPLACED, now=now)
    kept_forms.clear_of_another(user.id)
    key = _begin(user, has_second=has_second, now=now)
    audit.record("sign-in", user, by=user.id, now=now, how=how)
    db.session.commit()
    target, near = safe_next(session.get("next")), session.get("near")
    session.clear()
    session.permanent = True
    session["sign_in"], session["csrf_token"] = key, sign_ins.token_of(key)
    if near:
        session["near"] = near
    if target:
        return leave_for(target)
    return see_other(home_of(user))


def _begin(user: User, *, has_second: bool, now: datetime) -> str:
    """A sign-in in this browser. If it is new to the user, all their others ask whether it is theirs;
    not those that everybody may use, of the demo."""
    asks = not (demo_mode() and is_shared(user))
    browser = in_words(request.user_agent.string)
    browser_id, is_new = known_browsers.remember(user.id, browser=browser, now=now)
    key = sign_ins.begin(
        user,
        browser=browser,
        browser_id=browser_id,
        asks_about=known_browsers.unconfirmed(user.id, but=browser_id) if asks else None,
        has_second=has_second,
        now=now,
    )
    if is_new:
        if asks:
            sign_ins.ask_about(browser_id, user.id, but=browser_id)
        audit.record("sign-in with a new browser", user, by=user.id, now=now, browser=browser)
    return key


def home_of(user: Person) -> str:
    """The page on which the day of this user begins."""
    return next((endpoint for role, endpoint in HOMES if role in user.roles), "home.index")


def leave(*, everywhere: bool = False) -> Response:
    """Sign this browser out, or all of the user's; commits. Nothing of ours stays in the browser."""
    now = clock.now()
    if current_user.is_authenticated:
        action = "sign-out everywhere" if everywhere else "sign-out"
        if everywhere:
            sign_ins.end_all(me().id, now=now)
        else:
            sign_ins.end(me().sign_in_id, Ended.SIGN_OUT, now=now)
        audit.record(action, ("users", me().id), by=me().id, now=now)
        db.session.commit()
    session.clear()
    return forget_pages(see_other("home.index"))
