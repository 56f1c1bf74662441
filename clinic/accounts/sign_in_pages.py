"""Where one is signed in, ended one by one or all; and the question about a new browser."""

from datetime import datetime

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import audit, clock, outside
from clinic.accounts import entering, known_browsers, second_factor, sign_ins
from clinic.accounts.access import allow, before_second_factor, me, names_nobody
from clinic.accounts.blueprint import bp
from clinic.accounts.models import Ended, Role, SignIn
from clinic.accounts.sent_forms import each_time
from clinic.db import db
from clinic.web import leave_for, render, see_other, shown_on, way_back


@bp.get("/sign-ins")
@allow(*Role)
@names_nobody("one's own browsers")
@before_second_factor("one's own browsers")
def own_sign_ins() -> Response:
    """Where one is signed in."""
    found = sign_ins.of_user(me(), now=clock.now())
    return render(
        "accounts/sign_ins.html",
        sign_ins=found,
        this=me().sign_in_id,
        has_second_factor=second_factor.is_on(me().id),
    )


@bp.post("/sign-ins/end")
@allow(*Role)
@each_time("twice is once")
@names_nobody("one's own browsers")
@before_second_factor("whoever is there may end it")
def end_sign_in() -> Response:
    """End another of one's own; its browser is known no longer. Nothing happens to other people's."""
    ended = db.session.get(SignIn, outside.id_of(request.form, "sign_in") or 0)
    if ended is None or ended.user_id != me().id:
        return see_other("accounts.own_sign_ins")
    if ended.id == me().sign_in_id:
        return entering.leave()
    now = clock.now()
    sign_ins.end(ended.id, Ended.ELSEWHERE, now=now)
    if ended.browser_id and ended.browser_id != me().browser_id:
        _forget(ended.browser_id, now=now)
    return _ended(_("That browser is signed out."), now=now)


@bp.post("/sign-ins/end-others")
@allow(*Role)
@each_time("twice is once")
@names_nobody("one's own browsers")
@before_second_factor("whoever is there may end it")
def end_other_sign_ins() -> Response:
    """Out everywhere but here; only this browser stays known."""
    now = clock.now()
    sign_ins.end_all(me().id, but=me().sign_in_id, now=now)
    known_browsers.forget(me().id, but=me().browser_id)
    return _ended(_("You are signed out everywhere but here."), now=now)


def _ended(said: str, *, now: datetime) -> Response:
    audit.record("sign-out elsewhere", ("users", me().id), by=me().id, now=now)
    db.session.commit()
    flash(said, "success")
    return see_other("accounts.own_sign_ins")


def _forget(browser_id: int, *, now: datetime) -> None:
    sign_ins.end_with_browser(browser_id, me().id, now=now)
    known_browsers.forget(me().id, browser_id=browser_id)


@bp.post("/sign-ins/new-browser")
@allow(*Role)
@each_time("twice is once")
@names_nobody("one's own browsers")
@before_second_factor("whoever is there may end it")
@shown_on("accounts.own_sign_ins")
def answer_new_browser() -> Response:
    """It is theirs, or it is signed out."""
    browser_id, now = outside.id_of(request.form, "browser"), clock.now()
    if not browser_id or browser_id != me().new_browser_id:
        return leave_for(way_back())  # answered already
    if "mine" in request.form:
        known_browsers.confirm(browser_id, me().id, now=now)
        sign_ins.ask_about(None, me().id)
        audit.record("new browser confirmed", ("users", me().id), by=me().id, now=now)
        db.session.commit()
        return leave_for(way_back())
    _forget(browser_id, now=now)
    return _ended(_("It is signed out. If somebody knows your password, change it now."), now=now)


@bp.post("/sign-out/everywhere")
@allow(*Role)
@each_time("twice is once")
@names_nobody("whoever is there may end it")
@before_second_factor("whoever is there may end it")
def sign_out_everywhere() -> Response:
    return entering.leave(everywhere=True)
