"""Is it alive, and is it ready? For whoever runs the machine."""

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import DBAPIError

from clinic.accounts.access import public
from clinic.db import db
from clinic.extensions import migrate

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public("a load balancer asks it")
def healthz() -> Response:
    return jsonify(status="ok")


@bp.get("/readyz")
@public("a load balancer asks it")
def readyz() -> tuple[Response, int]:
    try:
        with db.engine.connect() as connection:
            at = MigrationContext.configure(connection).get_current_revision()
    except DBAPIError:
        return jsonify(status="no database"), 503
    head = ScriptDirectory(migrate.directory).get_current_head()
    if at != head:
        return jsonify(status="migrations are missing"), 503
    return jsonify(status="ok"), 200
