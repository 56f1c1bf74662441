"""Whose database it is: the demo's has a mark in it, a real one has rows and none.

The demo shows sign-in codes to everybody, and works with a secret that is published. Neither may
touch a real database, so each connection is asked first.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, String, event
from sqlalchemy.orm import Mapped, mapped_column

from clinic.config import UnsafeConfig
from clinic.db import Base, db

DEMO = "demo"
MARKED = f"SELECT count(*) FROM site_marks WHERE name = '{DEMO}'"  # noqa: S608 - a constant
# Before there were marks: the city's own people.
OF_THE_CITY = "SELECT count(*) FROM users WHERE email LIKE '%@demo.example'"
IN_USE = "SELECT count(*) FROM (SELECT 1 FROM users LIMIT 1) AS anybody"


class SiteMark(Base):
    """A fact about the whole database."""

    __tablename__ = "site_marks"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    made_at: Mapped[datetime]


def mark_as_demo(now: datetime) -> None:
    """From now on this database is the demo's. Flushes."""
    if db.session.get(SiteMark, DEMO) is None:
        db.session.add(SiteMark(name=DEMO, made_at=now))
        db.session.flush()


def only_for_demo(engine: Engine, otherwise: str) -> None:
    """Raise UnsafeConfig, in these words, at a connection to a database that is real."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        if _is_real(connection):
            connection.close()
            raise UnsafeConfig(otherwise)


def _is_real(connection: Any) -> bool:
    if not _count(connection, IN_USE):
        return False
    marks = _count(connection, MARKED)
    return not (_count(connection, OF_THE_CITY) if marks is None else marks)


def _count(connection: Any, statement: str) -> int | None:
    """What the statement counts; None if its table is not there yet."""
    cursor = connection.cursor()
    try:
        cursor.execute(statement)
        found: int = cursor.fetchone()[0]
    except Exception as error:
        if getattr(error, "sqlstate", "") == "42P01" or "no such table" in str(error):
            return None
        raise
    else:
        return found
    finally:
        cursor.close()
        connection.rollback()
