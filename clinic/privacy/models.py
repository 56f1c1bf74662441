"""Children that were removed at their family's wish."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base


class ChildRemoval(Base):
    """A family had a child removed. Rows that the law keeps stay until their time is over.

    While this row stands, append-only records of that child may be deleted; the child's own row goes
    last, so its number is no foreign key.
    """

    __tablename__ = "child_removals"

    child_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    finished_at: Mapped[datetime | None]  # when its last row was deleted
