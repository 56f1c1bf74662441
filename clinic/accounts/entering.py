"""From a proof of who somebody is to a browser that is signed in, and out of it again."""

from datetime import datetime

from flask import Response, request, session
from flask_login import current_user

from clinic import audit, clock
from clinic.accounts import kept_forms, limits, passwords, sign_ins
from clinic.accounts.access import me
from clinic.accounts.browsers import in_words
from clinic.accounts.choosing_passwords import renew_hash
from clinic.accounts.models import Ended, Person, Role, User
from clinic.accounts.queries import find_user
from clinic.db import db
from clinic.web import forget_pages, leave_for, safe_next, see_other

# Where each role's day begins; the first that fits.
HOMES = (
    (Role.RECEPTION, "desk.today"),
    (Role.CLINICIAN, "calendar.today"),
    (Role.MANAGER, "manage.index"),
    (Role.ADMIN, "setup.index"),
    (Role.PARENT, "home.index"),
)


def check_password(contact: str, password: str, *, address: str, now: datetime) -> User | None:
    """The user with this phone or e-mail, if it is their password. Raises TooOften.

    The caller commits in any case: each try counts.
    """
    limits.spend(limits.PASSWORD_ADDRESS, address, now=now)
    limits.spend(limits.PASSWORD, contact, now=now)
    user = find_user(contact)
    if not passwords.is_password(user.password_hash if user else None, password):
        refused(user, how="password", now=now)
        return None
    limits.clear(limits.PASSWORD, contact)
    if user:
        renew_hash(user, password)
    return user


def refused(user: User | None, *, how: str, now: datetime) -> None:
    """Put a wrong password or code on the trail; whose contact was typed, if it is anybody's."""
    audit.record("sign-in refused", ("users", user.id if user else None), by=None, now=now, how=how)


def enter(user: User, *, how: str) -> Response:
    """Sign the user in and go where they wanted to, or where their day begins; commits.

    Nothing that the browser held before goes with them but where they are.
    """
    now = clock.now()
    if current_user.is_authenticated:
        sign_ins.end(me().sign_in_id, Ended.REPLACED, now=now)
    kept_forms.clear_of_another(user.id)
    key = sign_ins.begin(user, browser=in_words(request.user_agent.string), now=now)
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
