"""Is it alive, and is it ready? For whoever runs the machine. Strangers learn no more than yes or no."""

import time
from functools import cache

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from clinic import clock
from clinic.accounts import limits
from clinic.accounts.access import public
from clinic.db import db
from clinic.extensions import migrate

bp = Blueprint("health", __name__)

ASKED_EVERY = 2  # seconds: in between, the last answer is given again


@bp.get("/healthz")
@public("a load balancer asks it")
def healthz() -> Response:
    return jsonify(status="ok")


@bp.get("/readyz")
@public("a load balancer asks it")
def readyz() -> tuple[Response, int]:
    """Whether bookings can be made: the database is there, is this version's, and can be written to."""
    now = time.monotonic()
    until, is_ready = current_app.extensions.get("ready", (0, False))
    if now >= until:
        is_ready = _is_ready()
        current_app.extensions["ready"] = now + ASKED_EVERY, is_ready
    if is_ready:
        return jsonify(status="ok"), 200
    return jsonify(status="not ready"), 503


def _is_ready() -> bool:
    """One small row is written, as the site writes its counters; its reason for "no" is in the log."""
    try:
        with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
            at = MigrationContext.configure(connection).get_current_revision()
            limits.mark_ready(connection, now=clock.now())
    except (DBAPIError, NoConnectionFree):
        current_app.logger.exception("not ready: the database cannot be used")
        return False
    if at != _head():
        current_app.logger.error("not ready: migrations are missing")
    return at == _head()


@cache
def _head() -> str | None:
    return ScriptDirectory(migrate.directory).get_current_head()
