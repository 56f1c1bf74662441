"""Who may open which page. Deny by default: a view that says nothing is closed to everyone."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from flask import Request, Response, abort, current_app, flash, request, session
from flask_babel import gettext as _
from flask_login import current_user

from clinic import clock
from clinic.accounts import rights, second_factor_rules, sign_ins
from clinic.accounts.kept_forms import keep_typed
from clinic.accounts.models import Role, SignedIn
from clinic.accounts.rights import Deed
from clinic.web import forget_pages, is_poll, see_other, way_back

View = TypeVar("View", bound=Callable[..., object])
EVERYONE = frozenset({"everyone"})


def allow(*who: Role | Deed) -> Callable[[View], View]:
    """Open a view to signed-in users with one of these roles, or who may do one of these deeds."""
    duties = rights.duties_of(*who)

    def mark(view: View) -> View:
        view.allowed_roles = frozenset(map(rights.role_of, duties))  # type: ignore[attr-defined]
        view.allowed_duties = duties  # type: ignore[attr-defined]
        view.deeds = frozenset(each for each in who if isinstance(each, Deed))  # type: ignore[attr-defined]
        return view

    return mark


def public(why: str) -> Callable[[View], View]:
    """Open a view to everyone, and say why."""

    def mark(view: View) -> View:
        view.allowed_roles = EVERYONE  # type: ignore[attr-defined]
        view.public_because = why  # type: ignore[attr-defined]
        return view

    return mark


def names_nobody(why: str) -> Callable[[View], View]:
    """Leave a view open to staff who were away for half an hour: it names no child then."""

    def mark(view: View) -> View:
        view.names_nobody_because = why  # type: ignore[attr-defined]
        return view

    return mark


def may_open(endpoint: str) -> bool:
    """Whether whoever is signed in may open that page, wherever they work."""
    view = current_app.view_functions[endpoint]
    return rights.is_any(me(), getattr(view, "allowed_duties", ()))


def fresh_proof(why: str) -> Callable[[View], View]:
    """Open a view only to who said in the last ten minutes who they are, by all they have for it.

    For what does harm if another person presses it. What was typed comes back.
    """

    def mark(view: View) -> View:
        view.fresh_proof_because = why  # type: ignore[attr-defined]
        return view

    return mark


def before_second_factor(why: str) -> Callable[[View], View]:
    """Leave a view open to who must have a second factor and has not given one."""

    def mark(view: View) -> View:
        view.before_second_factor_because = why  # type: ignore[attr-defined]
        return view

    return mark


def is_away() -> bool:
    """Whether whoever asks was away for so long that children must not be named to them."""
    user = signed_in()
    return user is not None and sign_ins.is_away(user, now=clock.now())


def away_after() -> int:
    """Seconds without a press after which this page hides itself; 0 for one that names no child."""
    user = signed_in()
    view = current_app.view_functions.get(str(request.endpoint))
    if user is None or not user.is_staff or hasattr(view, "names_nobody_because"):
        return 0
    return int(sign_ins.AWAY_AFTER.total_seconds())


def signed_in() -> SignedIn | None:
    """The signed-in user; None for a stranger."""
    user = current_user._get_current_object()  # type: ignore[attr-defined]
    return user if isinstance(user, SignedIn) else None


def me() -> SignedIn:
    """The signed-in user."""
    return signed_in() or abort(401)


def who_asks(_request: Request) -> SignedIn | None:
    """Whom the browser's cookie names: read once a request."""
    key = session.get("sign_in")
    return sign_ins.who_has(key, now=clock.now()) if key else None


def guard() -> Response | None:
    """Before each request: turn away whoever the view has not let in."""
    if request.endpoint in (None, "static"):
        return None
    view = current_app.view_functions[str(request.endpoint)]
    allowed: frozenset[str] = getattr(view, "allowed_roles", frozenset())
    who = signed_in() if "sign_in" in session else None
    if who and not is_poll():
        _note_press(who)
    if allowed is EVERYONE:
        return None
    if who is None:
        return _turn_away()
    if not rights.is_any(who, getattr(view, "allowed_duties", ())):
        abort(403)
    return _ask_more(who, view)


def _ask_more(who: SignedIn, view: object) -> Response | None:
    """Elsewhere, if more must be known of who is signed in before they see this page."""
    now, says = clock.now(), partial(hasattr, view)
    if sign_ins.is_away(who, now=now) and not says("names_nobody_because"):
        asking = "accounts.re_enter"
    elif second_factor_rules.must_give(who) and not says("before_second_factor_because"):
        asking = "accounts.own_second_factor"
    elif says("fresh_proof_because") and not sign_ins.is_proved_lately(who, now=now):
        asking = "accounts.prove"
    else:
        return None
    if request.method == "POST" and keep_typed():
        flash(_("What you typed is kept."), "info")
    return see_other(asking, next=way_back())


def _turn_away() -> Response:
    """To the sign-in page, and back from there. A form from elsewhere leaves no mark in the cookie."""
    if request.method == "POST" and keep_typed():
        flash(_("Please sign in to go on. What you typed is kept."), "info")
    elif request.method == "POST" and "sign_in" in session:
        flash(_("Please sign in to go on."), "info")
    answer = see_other("accounts.sign_in", next=way_back())
    return forget_pages(answer) if "sign_in" in session else answer


def _note_press(who: SignedIn) -> None:
    """Write down that they are still here; once a day the cookie is sent again, to last from then on."""
    now = clock.now()
    is_new_day = clock.clinic_day(who.used_at) != clock.clinic_day(now)
    if sign_ins.note_use(who, now=now) and is_new_day:
        session.modified = True


def demo_mode() -> bool:
    """Whether this site shows the fictitious city, its inbox and its sign-ins."""
    return bool(current_app.config["DEMO"])
