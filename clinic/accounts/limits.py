"""How often a thing may be tried. The counters live in the database, so all processes share them."""

import hashlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Connection, bindparam, case, select, update
from sqlalchemy.dialects import postgresql, sqlite

from clinic.accounts.models import Counter
from clinic.db import UTCDateTime, db, in_one_transaction
from clinic.errors import DomainError
from clinic.prepared import Prepared
from clinic.sentences import mark


class TooOften(DomainError):
    message = mark("Too many tries. Please try again in %(minutes)s min.")


class EnoughForToday(TooOften):
    message = mark(
        "That is more than can be taken in one day. Please go on tomorrow, or ask the centre."
    )


@dataclass(frozen=True)
class Limit:
    """So many times within a while."""

    name: str
    times: int
    within: timedelta


CODE_SENT = Limit("code-sent", 1, timedelta(seconds=60))
CODE_SENT_HOUR = Limit("code-sent-hour", 5, timedelta(hours=1))
# All strangers together to one phone: each message costs, and rings.
CODE_SENT_STRANGERS = Limit("code-sent-strangers", 10, timedelta(hours=1))
# A clinic's Wi-Fi is one address for forty families. Browsers that an account knows are not counted.
CODE_ADDRESS = Limit("code-address", 200, timedelta(hours=1))
# Wrong passwords and codes of one address at whichever accounts; what slows those at one account
# is in `tries`.
WRONG_ADDRESS = Limit("wrong-address", 300, timedelta(minutes=15))
BOOKING = Limit("booking", 60, timedelta(minutes=10))
CANCELLING = Limit("cancelling", 10, timedelta(minutes=5))
# At the desk: a whole day that falls through is closed, not cancelled one by one.
CANCELLING_AT_DESK = Limit("cancelling-desk", 60, timedelta(minutes=10))
# What a family makes. A large one, or a home for children, stays below in a day.
CHILD = Limit("child", 20, timedelta(days=1))
INVITATION = Limit("invitation", 20, timedelta(days=1))
STAFF_INVITATION = Limit("staff-invitation", 100, timedelta(days=1))
SLIP_ADDRESS = Limit("slip-address", 60, timedelta(minutes=15))
COPY = Limit("copy", 10, timedelta(days=1))  # of what is kept of a family
ACCOUNT_ADDRESS = Limit("account-address", 100, timedelta(hours=1))
WRONG_REFERENCE = Limit("wrong-reference", 30, timedelta(minutes=10))


@cache
def _count_one(engine: str) -> Prepared:
    """One more, or the first of a new while: built once for each engine."""
    insert = postgresql.insert if engine == "postgresql" else sqlite.insert
    now = bindparam("now", type_=UTCDateTime())
    over = Counter.since <= bindparam("before", type_=UTCDateTime())
    return Prepared(
        insert(Counter.__table__)  # type: ignore[arg-type]
        .values(key=bindparam("whose"), since=now, count=1)
        .on_conflict_do_update(
            index_elements=[Counter.key],
            set_={
                "count": case((over, 1), else_=Counter.count + 1),
                "since": case((over, now), else_=Counter.since),
            },
        )
        .returning(Counter.__table__.c.count, Counter.__table__.c.since)
    )


def spend(limit: Limit, whose: str, *, now: datetime) -> None:
    """Count one try, in one statement. Raises TooOften beyond the limit.

    The caller commits even when it refuses what was tried, or the try would not count.
    """
    count_one = _count_one(db.engine.dialect.name)
    which = {"whose": _key(limit, whose), "now": now, "before": now - limit.within}
    row = count_one.one(**which)
    if row[0] > limit.times:
        raise _too_often(limit, row.since, now)


def mark_ready(connection: Connection, *, now: datetime) -> None:
    """Write a row that counts nothing, to see whether it can be written."""
    which = {"whose": "ready", "now": now, "before": now}
    connection.execute(_count_one(connection.dialect.name).statement, which)


def must_be_left(limit: Limit, whose: str, *, now: datetime) -> None:
    """Raises TooOften if every try is spent; counts none."""
    counter = Counter.__table__.c
    query = select(counter.since).where(
        counter.key == _key(limit, whose),
        counter.count >= limit.times,
        counter.since > now - limit.within,
    )
    if since := db.session.scalar(query):
        raise _too_often(limit, since, now)


def _key(limit: Limit, whose: str) -> str:
    return key_of(limit.name, whose)


def key_of(name: str, whose: str) -> str:
    """The key of a counter: it does not say whose it is."""
    return f"{name}:{hashlib.sha256(whose.encode()).hexdigest()[:32]}"


def _too_often(limit: Limit, since: datetime, now: datetime) -> TooOften:
    if limit.within >= timedelta(days=1):
        return EnoughForToday()
    return too_often(since + limit.within, now)


def too_often(free_at: datetime, now: datetime) -> TooOften:
    """The refusal of a try that is free at that moment."""
    return TooOften(minutes=max(1, math.ceil((free_at - now) / timedelta(minutes=1))))


@contextmanager
def refusals_counted(limit: Limit, whose: str, *, now: datetime) -> Iterator[None]:
    """Count a try that is refused within, which undid everything else: its own count too.

    In a rush most tries are refused: their counts do not wait for the disk.
    """
    try:
        yield
    except TooOften:
        raise
    except DomainError:
        in_one_transaction(lambda: spend(limit, whose, now=now), lasting=False)
        raise


def take_back(limit: Limit, whose: str) -> None:
    """Count one less: it was right."""
    take_back_key(_key(limit, whose))


def take_back_key(key: str) -> None:
    """The same by the counter's key."""
    db.session.execute(
        update(Counter).where(Counter.key == key, Counter.count > 0).values(count=Counter.count - 1)
    )
