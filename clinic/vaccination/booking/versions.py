"""How often a child's record and the stock have changed, and what this process remembers of them.

The database counts (clinic/promises). Read the versions before what they speak of: what
is newer than its number is then only read again too early. A transaction that changed a record
or a stock itself must not remember anything: it may be rolled back.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, String, bindparam, func, literal, select, union_all
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, db

MOST = 5000  # things in memory; then it begins anew


class RecordVersion(Base):
    """Of a child's record: its row, what it was given, its conditions, its booked doses. Only triggers write it."""

    __tablename__ = "record_versions"

    child_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]


class StockVersion(Base):
    """Of a centre's stock of a vaccine and its lots. Only triggers write it."""

    __tablename__ = "stock_versions"

    centre_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    vaccine: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[int]


class RecordVersions(NamedTuple):
    """Of children's records, by child, and of all stock together: it only grows."""

    records: Mapping[int, int]
    stock: int


_STATEMENT = union_all(
    select(RecordVersion.child_id, RecordVersion.number).where(
        RecordVersion.child_id.in_(bindparam("child_ids", expanding=True))
    ),
    select(literal(0), func.coalesce(func.sum(StockVersion.number), 0)),
)


def versions_of(child_ids: Collection[int]) -> RecordVersions:
    """The versions as they are now. One query."""
    rows = db.session.execute(_STATEMENT, {"child_ids": list(child_ids)}).all()
    found = {row[0]: int(row[1]) for row in rows}
    stock = found.pop(0)
    return RecordVersions({child_id: found.get(child_id, 0) for child_id in child_ids}, stock)


_kept: WeakKeyDictionary[Engine, dict[object, tuple[object, Any]]] = WeakKeyDictionary()


def recall(what: object, version: object) -> Any:
    """What this process remembers of this version, or None."""
    found = _kept.get(db.engine, {}).get(what)
    return found[1] if found and found[0] == version else None


def remember(what: object, version: object, value: object) -> None:
    """Remember what was read of this version."""
    kept = _kept.setdefault(db.engine, {})
    if len(kept) > MOST:
        kept.clear()
    kept[what] = (version, value)
