"""SQLite as this site needs it: foreign keys, a write-ahead log, and writers who wait their turn.

A reader that turns into a writer after somebody else wrote fails at once whatever the timeout, so
a transaction that will write begins as a writer (BEGIN IMMEDIATE). GET and HEAD never write, and
begin as readers; so does a POST whose view is marked `reads_first`, which looks around first and
then calls `write_now`: others may write meanwhile. SQLite's own way to wait is to sleep and try
again, which is unfair on a busy morning; a lock on a file beside the database wakes whoever waits.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, has_request_context, request
from sqlalchemy import Connection, Engine, event

from clinic.driver import send

PRAGMAS = (
    "busy_timeout=30000",
    "journal_mode=WAL",
    "synchronous=FULL",  # a booking survives a power cut
    "foreign_keys=ON",
)
View = TypeVar("View", bound=Callable[..., object])
_thread = threading.local()


def reads_first(view: View) -> View:
    """Mark a POST view that reads first, and calls `write_now` (`in_one_transaction` does) to write."""
    view.reads_first = True  # type: ignore[attr-defined]
    return view


def tune(engine: Engine) -> None:
    """Set the engine up."""
    path = engine.url.database
    in_file = path not in (None, "", ":memory:")

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, record: Any) -> None:
        connection.isolation_level = None  # the driver must not send its own BEGIN
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if in_file:
            record.info["turn"] = os.open(f"{path}-turn", os.O_RDWR | os.O_CREAT, 0o644)

    @event.listens_for(engine, "close")
    def _close(connection: object, record: Any) -> None:
        _give_up_turn(record.info)
        if (turn := record.info.pop("turn", None)) is not None:
            os.close(turn)

    @event.listens_for(engine, "checkin")
    def _checkin(connection: object, record: Any) -> None:
        _give_up_turn(record.info)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writes", not _only_reads()):
            _begin_writing(connection)
        else:
            connection.info["reads"] = True
            send(connection, "BEGIN")


def write_now(connection: Connection, *, lasting: bool = True) -> None:
    """From here on the transaction writes: on SQLite what it read so far ends, and its turn comes.

    What was read before may have changed meanwhile, as on PostgreSQL: verbs read again what
    they lock. What is not `lasting` does not wait for the disk.
    """
    if connection.info.get("reads"):
        send(connection, "COMMIT")
        _begin_writing(connection, lasting=lasting)


def _begin_writing(connection: Connection, *, lasting: bool = True) -> None:
    info = connection.info
    info["reads"] = False
    if info.get("lasting", True) is not lasting:
        info["lasting"] = lasting
        send(connection, f"PRAGMA synchronous={'FULL' if lasting else 'NORMAL'}")
    turn = info.get("turn")
    # Whoever has the turn on another connection would wait for itself.
    if turn is not None and getattr(_thread, "has", None) is None:
        fcntl.flock(turn, fcntl.LOCK_EX)
        info["in_turn"], _thread.has = True, turn
    send(connection, "BEGIN IMMEDIATE")


def _give_up_turn(info: dict[str, Any]) -> None:
    if info.pop("in_turn", False):
        _thread.has = None
        fcntl.flock(info["turn"], fcntl.LOCK_UN)


def _only_reads() -> bool:
    if not has_request_context():
        return False
    if request.method in ("GET", "HEAD"):
        return True
    view = current_app.view_functions.get(str(request.endpoint))
    return bool(getattr(view, "reads_first", False))
