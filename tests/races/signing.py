"""The site, stopped where sign-ins could race; and without what protects them, for the twins.

A request says in a header `Scene` to which scene it belongs, as JSON: its `name`; `stop`, where
those who come to it wait until somebody has signed out (who waits until they have come); `meet`,
how many must have come to a stop before any goes on; and what is broken, `broken`:

back    last use is written with the whole row as it was read
every   each request writes its use, whoever wrote just now
late    a sign-in takes the epoch of the moment at which it is written
look    a proof is looked at, and spent later
again   a code of the second factor is looked at, and used later
free    a try is looked at, and counted later
"""

import json
import threading
from collections import defaultdict
from dataclasses import dataclass, field

from flask import request
from sqlalchemy import update

from clinic.accounts import codes, second_factor, sign_ins, tries
from clinic.accounts.models import Counter, SecondFactor, SignIn, SignInCode, User
from clinic.app import create_app
from clinic.db import db
from tests.races import twins

PATIENCE = 20  # seconds


@dataclass
class Scene:
    """Requests that meet."""

    stopped: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    barriers: dict = field(default_factory=dict)


_scenes = defaultdict(Scene)
_guard = threading.Lock()


def _asked():
    return json.loads(request.headers.get("Scene", "{}"))


def _scene(asked):
    with _guard:
        return _scenes[asked.get("name")]


def _stop(where):
    """Wait here, if that is what the request's scene does; on SQLite nobody is kept from writing."""
    asked = _asked()
    if asked.get("stop") != where:
        return
    db.session.rollback()
    scene = _scene(asked)
    if number := asked.get("meet"):
        with _guard:
            barrier = scene.barriers.setdefault(where, threading.Barrier(number))
        barrier.wait(PATIENCE)
    else:
        scene.stopped.set()
        scene.left.wait(PATIENCE)


def _is_broken(how):
    return _asked().get("broken") == how


_leave, _begin = twins.original("leave"), twins.original("begin_sign_in")
_take_step, _spend_try = twins.original("take_code_step"), twins.original("spend_try")
_remember = twins.original("remember_browser")
_note_use, _spend_proof = twins.original("note_use"), twins.original("spend_proof")


def _leave_and_say(**kwargs):
    answer = _leave(**kwargs)
    _scene(_asked()).left.set()
    return answer


def _remember_after(user_id, **kwargs):
    db.session.expunge_all()  # as they were read
    _stop("begin")
    return _remember(user_id, **kwargs)


def _begin_after(user, **kwargs):
    if _is_broken("late"):
        user = db.session.get_one(User, user.id)
    return _begin(user, **kwargs)


def _note_use_after(who, *, now):
    if who.used_at > now - sign_ins.NOTED_EVERY[who.is_staff]:
        return False
    _stop("use")
    if not (_is_broken("back") or _is_broken("every")):
        return _note_use(who, now=now)
    back = {"ended_at": None, "ended_why": None} if _is_broken("back") else {}
    this = update(SignIn).where(SignIn.id == who.sign_in_id)
    db.session.execute(this.values(used_at=now, **back))
    db.session.commit()
    return True


def _spend_after(proof_id, *, now):
    if not _is_broken("look"):
        _stop("proof")
        return _spend_proof(proof_id, now=now)
    contact = codes.proved(proof_id, now=now)
    _stop("proof")
    this = update(SignInCode).where(SignInCode.id == proof_id)
    db.session.execute(this.values(spent_at=now))
    return contact


def _take_step_after(user_id, step):
    is_later = second_factor.of_user(user_id).last_step < step
    if not _is_broken("again"):
        _stop("step")
        return _take_step(user_id, step)
    _stop("step")
    this = update(SecondFactor).where(SecondFactor.user_id == user_id)
    db.session.execute(this.values(last_step=step))
    return is_later


def _spend_try_after(key, waits, now):
    if not key.startswith("wrong-password-address"):
        return _spend_try(key, waits, now)
    counter = db.session.get(Counter, key)
    must_wait = counter and any(
        counter.count >= wrong and counter.since > now - wait for wrong, wait in waits
    )
    _stop("try")
    if not _is_broken("free"):
        return _spend_try(key, waits, now)
    if must_wait:
        raise tries.TooOften(minutes=1)
    return _spend_try(key, ((1_000, waits[0][1]),), now)  # counted whatever there is by now


twins.replace(
    leave=_leave_and_say,
    begin_sign_in=_begin_after,
    remember_browser=_remember_after,
    note_use=_note_use_after,
    spend_proof=_spend_after,
    take_code_step=_take_step_after,
    spend_try=_spend_try_after,
)
app = create_app()
_answer = app.wsgi_app


def _when_stopped(environ, start_response):
    """Whoever signs out comes when the others of the scene are where they stop."""
    if environ["PATH_INFO"].startswith("/sign-out"):
        _scene(json.loads(environ["HTTP_SCENE"])).stopped.wait(PATIENCE)
    return _answer(environ, start_response)


app.wsgi_app = _when_stopped
