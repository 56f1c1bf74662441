"""Flask's extensions, made once and bound to the app in `clinic.app`."""

from pathlib import Path
from typing import Any

from flask import Response, g, request
from flask_babel import Babel
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from sqlalchemy import DateTime, Enum, TypeDecorator

from clinic.db import UTCDateTime, db


def _render_item(kind: str, item: object, context: object) -> str | bool:
    """Write our column types into migrations as plain ones, so that these import nothing of ours."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


def _compare_type(
    context: object, inspected: object, metadata: object, ours: object, theirs: object
) -> bool | None:
    """Our moments are plain timestamps in the database, and our enums plain strings."""
    return False if isinstance(theirs, UTCDateTime | Enum | DateTime) else None


def _include_object(thing: Any, name: str, kind: str, reflected: bool, theirs: object) -> bool:
    """Leave out what the models have for the other engine only."""
    only = thing.info.get("only") if kind == "index" else None
    return only is None or only == db.engine.dialect.name


class SignIns(LoginManager):  # type: ignore[misc]
    """Knows who asks, and nothing else: a sign-in is a row, not what a cookie of the extension's own says."""

    def _load_user(self) -> None:
        g._login_user = self._request_callback(request) or self.anonymous_user()

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


babel = Babel()
csrf = CSRFProtect()
login_manager = SignIns()
migrate = Migrate(
    db=db,
    directory=str(Path(__file__).resolve().parent.parent / "migrations"),
    render_as_batch=True,
    render_item=_render_item,
    compare_type=_compare_type,
    include_object=_include_object,
)
