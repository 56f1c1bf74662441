"""How often a child's record and the stock have changed. The database counts (clinic/promises)."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import String, bindparam, func, literal, select, union_all
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, db


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
