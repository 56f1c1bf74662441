"""Forms that were kept for somebody, and forms that were taken."""

from datetime import datetime

from sqlalchemy import (
    JSON,
    ForeignKey,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base


class KeptForm(Base):
    """A form that its sender had filled in when the sign-in or the page turned out to be too old."""

    __tablename__ = "kept_forms"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    page: Mapped[str] = mapped_column(String(300))  # the paths of the page that shows it,
    action: Mapped[str] = mapped_column(String(300))  # and to which it was sent
    typed: Mapped[str] = mapped_column(Text)  # JSON of names and values as they were sent, sealed
    left_out: Mapped[list[str]] = mapped_column(JSON)  # names of fields that had a value
    kept_at: Mapped[datetime] = mapped_column(index=True)


class SentForm(Base):
    """A form that was taken, so that a second click on it does nothing but get the same answer."""

    __tablename__ = "sent_forms"

    id: Mapped[int] = mapped_column(primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)  # of all that was sent
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    sent_at: Mapped[datetime] = mapped_column(index=True)
    location: Mapped[str | None] = mapped_column(Text)  # where it led; None until it is answered
    messages: Mapped[list[list[str]]] = mapped_column(JSON, default=list)  # what was said there
