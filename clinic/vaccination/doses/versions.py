"""How often a child's record and the stock have changed. The database counts (clinic/promises)."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base


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
