"""Wrong passwords and codes make the next try wait, the longer the more there were. Nothing is locked.

They are counted apart: in a browser that the account knows (`known_browsers`), at an address
elsewhere, and by all strangers together. So strangers slow each other and never the owner at a
known browser; and one address, be it a carrier's, never slows another. A right one counts
nothing. Each try is counted before it is looked at: of many at once none goes uncounted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, or_, select, true
from sqlalchemy.dialects import postgresql, sqlite

from clinic.accounts import limits
from clinic.accounts.limits import TooOften
from clinic.accounts.models import Counter
from clinic.db import db

FORGOTTEN = timedelta(days=1)  # after the last wrong one
Waits = tuple[tuple[int, timedelta], ...]  # after so many wrong ones: so long until the next


@dataclass(frozen=True)
class Guessing:
    """How long the next try at one kind of secret waits, by where the wrong ones came from."""

    name: str
    known: Waits
    address: Waits
    strangers: Waits


S, MIN = timedelta(seconds=1), timedelta(minutes=1)
# A person finds their password within five tries or not at all. All strangers together have some
# 200 tries a day: too few for any password that is not among the common ones.
PASSWORD = Guessing(
    "wrong-password",
    known=((5, 10 * S), (8, MIN), (12, 5 * MIN)),
    address=((5, 30 * S), (8, 2 * MIN), (12, 10 * MIN)),
    strangers=((30, MIN), (60, 5 * MIN), (100, 15 * MIN)),
)
# One of a million, of which a few are right at a time; after five wrong ones it is another code's
# turn. All strangers together: 90 a day, a chance of one in 3,000 at the most.
CODE = Guessing(
    "wrong-code",
    known=((5, 5 * MIN),),
    address=((5, 5 * MIN), (10, 15 * MIN)),
    strangers=((20, 5 * MIN), (40, 30 * MIN)),
)
# Three of a million are right at a time, and whoever tries has the password already.
SECOND = Guessing(
    "wrong-second",
    known=((5, MIN), (10, 5 * MIN)),
    address=((5, 5 * MIN), (10, 30 * MIN)),
    strangers=((20, 30 * MIN),),
)


@dataclass(frozen=True)
class Asker:
    """Where a try comes from."""

    known: int | None  # the id by which the account knows the browser; None for a stranger's
    address: str  # of the network


@dataclass(frozen=True)
class Try:
    """A try that was counted as a wrong one, until it is known to be right."""

    keys: list[str]  # of the counters that have it
    asker: Asker

    def was_right(self) -> None:
        """Count it no more. What was wrong before at a known browser is forgotten."""
        if self.asker.known is not None:
            db.session.execute(delete(Counter).where(Counter.key.in_(self.keys)))
            return
        for key in self.keys:
            limits.take_back_key(key)
        limits.take_back(limits.WRONG_ADDRESS, self.asker.address)


def count(guessing: Guessing, whose: str, *, asker: Asker, now: datetime) -> Try:
    """Count a try at the account `whose` as wrong; the caller commits in any case.

    Raises TooOften while it has to wait, and counts nothing then.
    """
    if asker.known is not None:
        counters = [(guessing.known, f"{guessing.name}-known", f"{whose} {asker.known}")]
    else:
        limits.spend(limits.WRONG_ADDRESS, asker.address, now=now)
        counters = [
            (guessing.address, f"{guessing.name}-address", f"{whose} {asker.address}"),
            (guessing.strangers, f"{guessing.name}-strangers", whose),
        ]
    counted = Try([], asker)
    for waits, name, counts in counters:
        key = limits.key_of(name, counts)
        try:
            _spend(key, waits, now)
        except TooOften:
            counted.was_right()  # it is not looked at
            raise
        counted.keys.append(key)
    return counted


def _spend(key: str, waits: Waits, now: datetime) -> None:
    """Count one there, if the last was long enough ago, in one statement. Raises TooOften."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    is_forgotten = Counter.since <= now - FORGOTTEN
    has_waited = case(
        *((Counter.count >= wrong, Counter.since <= now - wait) for wrong, wait in reversed(waits)),
        else_=true(),
    )
    counted = (
        insert(Counter)
        .values(key=key, since=now, count=1)
        .on_conflict_do_update(
            index_elements=[Counter.key],
            set_={"count": case((is_forgotten, 1), else_=Counter.count + 1), "since": now},
            where=or_(is_forgotten, has_waited),
        )
    )
    if db.session.scalar(counted.returning(Counter.count)) is None:
        raise limits.too_often(_free_at(key, waits), now)


def _free_at(key: str, waits: Waits) -> datetime:
    query = select(Counter.count, Counter.since).where(Counter.key == key)
    wrong, since = db.session.execute(query).one()
    return since + next(wait for least, wait in reversed(waits) if wrong >= least)
