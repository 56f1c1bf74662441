"""The database: the base class of all tables, moments that know their zone, and one transaction a deed."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    DateTime,
    Dialect,
    Engine,
    Enum,
    ExceptionContext,
    MetaData,
    String,
    TypeDecorator,
    bindparam,
    event,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm import DeclarativeBase, registry

from clinic.sqlite import write_now

T = TypeVar("T")
READ_ONLY = "25006"  # PostgreSQL's code: a standby, or a database that was set so


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: aware in, aware out, stored as UTC on every engine (SQLite drops the offset)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        return _to_text if dialect.name == "sqlite" else _to_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        return _from_text if dialect.name == "sqlite" else _to_utc


def _to_utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC)


def _to_text(moment: datetime | None) -> str | None:
    """As SQLAlchemy writes it for SQLite: `2026-03-02 08:30:00.000000`."""
    utc = _to_utc(moment)
    return utc.replace(tzinfo=None).isoformat(" ", "microseconds") if utc else None


def _from_text(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written).replace(tzinfo=UTC) if written else None


class PersonName(TypeDecorator[str]):
    """A name as it was stored; of one without any sign that can be seen, a sign that can be pressed.

    Forms refuse such names; what an earlier version or another program stored must not lock anybody out.
    """

    impl = String
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        if value is None or (value.isprintable() and value.strip()):
            return value  # type: ignore[no-any-return]
        return "".join(sign for sign in value if sign.isprintable()).strip() or "？"


class Base(DeclarativeBase):
    """Every table's base. Constraints are named, so that migrations and errors can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    registry = registry(
        type_annotation_map={
            datetime: UTCDateTime(),
            StrEnum: Enum(
                StrEnum,
                native_enum=False,
                create_constraint=False,
                length=20,
                values_callable=lambda enum: [member.value for member in enum],
            ),
        }
    )


def written_out(*values: StrEnum) -> BindParameter[Any]:
    """These values as they stand in the statement's text, for `in_`: they are never bound.

    An index on the rows that have them must suit a plan that is made for any values.
    """
    return bindparam(None, list(values), expanding=True, literal_execute=True)


# What a request loaded stays loaded after its commit: pages are made from it.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


def broken_promise(error: Exception) -> str:
    """The name of the constraint or trigger that an IntegrityError speaks of, or the whole text.

    PostgreSQL names the constraint; SQLite names a CHECK or a trigger's message in its text,
    and a UNIQUE index only by its columns.
    """
    origin = getattr(error, "orig", None) or error
    diagnostics = getattr(origin, "diag", None)
    return str(getattr(diagnostics, "constraint_name", None) or origin)


def is_passing(error: DBAPIError) -> bool:
    """Whether the engine only asks to try again: a deadlock, a serialization failure, a busy file."""
    state = getattr(error.orig, "sqlstate", None)
    return state in ("40P01", "40001") or "database is locked" in str(error.orig)


def hide_values(engine: Engine) -> None:
    """Leave out of errors what rows hold: PostgreSQL quotes the failing row after the first line."""

    @event.listens_for(engine, "handle_error")
    def _shorten(context: ExceptionContext) -> None:
        for error in (context.original_exception, context.sqlalchemy_exception):
            if error is not None and error.args:
                first_line = str(error.args[0]).partition("\n")[0]
                error.args = (first_line, *error.args[1:])


def undo(error: BaseException | None = None) -> None:
    """Roll back, also when the connection is gone.

    At the end of a request a connection that died must not spoil an answer that is ready.
    """
    if not db.session.registry.has():
        return  # nothing was asked of the database
    try:
        db.session.rollback()
    except DBAPIError:
        db.session().invalidate()


def end_session(error: BaseException | None = None) -> None:
    """At the end of a request: roll back and give the connection back, also if it is gone."""
    try:
        db.session.remove()
    except DBAPIError:
        db.session().invalidate()
        db.session.remove()


def lock_row(row: Base) -> None:
    """Read the row again, and keep it from others until the transaction ends.

    Only its own table is locked: a row that was loaded with rows of other tables is read again
    with them, and PostgreSQL locks no outer join.
    """
    db.session.refresh(row, with_for_update={"of": type(row)})


def change_if(row: Base, *still: ColumnElement[bool], **values: object) -> bool:
    """Give the row these values if that is still true of it, in one statement; whether it was.

    Of several at the same moment one is told yes: for what may happen only once.
    """
    table = type(row)
    changed = db.session.execute(
        update(table).where(table.id == row.id, *still).values(**values).returning(table.id)  # type: ignore[attr-defined]
    ).first()
    db.session.refresh(row)
    return changed is not None


def is_out_of_reach(error: BaseException) -> bool:
    """Whether the database itself fails: it is gone, starting, full or busy for too long.

    What was asked of it was right, and may be asked again later.
    """
    if isinstance(error, NoConnectionFree):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if getattr(error.orig, "sqlstate", None) == READ_ONLY:
        return True
    # SQLite calls a mistake in a statement operational too.
    mistake = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return error.connection_invalidated or (isinstance(error, OperationalError) and not mistake)


def in_one_transaction(work: Callable[[], T], tries: int = 3, *, lasting: bool = True) -> T:
    """Do the work and commit; if the engine asks for it, do it again, at most three times in all.

    `work` must start from ids or from objects that may be loaded afresh after a rollback. What
    is not `lasting` is seen by all at once, but a power cut may take it back: its commit does
    not wait for the disk. Whatever is raised, nothing of the work stays.
    """
    for attempt in range(1, tries + 1):
        try:
            write_now(db.session.connection(), lasting=lasting)
            if not lasting and db.engine.dialect.name == "postgresql":
                db.session.execute(text("SET LOCAL synchronous_commit TO off"))
            result = work()
            db.session.commit()
        except BaseException as error:
            undo()
            if attempt == tries or not (isinstance(error, DBAPIError) and is_passing(error)):
                raise
        else:
            return result
    raise AssertionError("unreachable")
