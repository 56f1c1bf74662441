"""PostgreSQL as this site needs it: what a connection prepared outlasts a ROLLBACK; one that may be lost is tried."""

import select
import time
from typing import Any

import psycopg
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import Dialect, Engine, event
from sqlalchemy.exc import InvalidatePoolError

RESTED = 30.0  # seconds after which a connection may have been lost without a word
OPEN = (TransactionStatus.INTRANS, TransactionStatus.INERROR)


class Connection(psycopg.Connection[Any]):
    """Keeps its prepared statements over a ROLLBACK, as the server does.

    psycopg forgets them there, for tables may have been made in what is undone; the site makes none
    while it serves. Whoever only read ends with a ROLLBACK: nothing would stay prepared, and each
    statement of each request would be planned anew.
    """

    def rollback(self) -> None:
        with self.lock:
            is_open = self.pgconn.transaction_status in OPEN
            if is_open and self.pgconn.exec_(b"ROLLBACK").status == ExecStatus.COMMAND_OK:
                return
        super().rollback()  # it says what is wrong


def tune(engine: Engine) -> None:
    """Set the engine up."""

    @event.listens_for(engine, "do_connect")
    def _connect(dialect: Dialect, record: Any, args: Any, options: Any) -> Connection:
        return Connection.connect(*args, **options)

    @event.listens_for(engine, "checkin")
    def _checkin(connection: object, record: Any) -> None:
        record.info["since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _checkout(connection: Any, record: Any, proxy: Any) -> None:
        """A server that was restarted has forgotten our connections. To ask each time costs a round trip."""
        rested = time.monotonic() - record.info.get("since", time.monotonic())
        if rested > RESTED or _has_news(connection):
            try:
                engine.dialect.do_ping(connection)
            except psycopg.OperationalError as error:
                raise InvalidatePoolError from error


def _has_news(connection: Connection) -> bool:
    """Whether the server said something unasked: mostly that it goes."""
    asked = select.poll()
    asked.register(connection.fileno(), select.POLLIN)
    return bool(asked.poll(0))
