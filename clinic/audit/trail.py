"""The audit trail. Append-only: the database refuses to change or delete a row."""

from datetime import datetime

from flask import g, has_request_context
from sqlalchemy import JSON, ForeignKey, Index, String, insert
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, db


class AuditEvent(Base):
    """One thing that somebody did. `details` never holds names, phones or numbers of identity."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_subject", "subject", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None]
    centre_id: Mapped[int | None]
    details: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)


ONE_MORE = insert(AuditEvent.__table__)  # type: ignore[arg-type]


def record(
    action: str,
    subject: object | tuple[str, int | None],
    *,
    by: int | None,
    now: datetime,
    centre_id: int | None = None,
    **details: object,
) -> None:
    """Write a row of the trail in the transaction of the change.

    `by` is a user's id; `subject` a flushed row, or the name of its table and its id.
    """
    if not isinstance(subject, tuple):
        subject = (type(subject).__tablename__, subject.id)  # type: ignore[attr-defined]
    db.session.execute(
        ONE_MORE,
        {
            "at": now,
            "actor_id": by,
            "action": action,
            "subject": subject[0],
            "subject_id": subject[1],
            "centre_id": centre_id,
            "details": details,
        },
    )


def note_read(subject: str, subject_id: int, *, by: int, now: datetime, centre_id: int) -> None:
    """Remember that staff opened a child's record; it is written after the answer (a GET writes nothing)."""
    if has_request_context():
        g.setdefault("reads", []).append(
            {
                "at": now,
                "actor_id": by,
                "action": "read",
                "subject": subject,
                "subject_id": subject_id,
                "centre_id": centre_id,
                "details": {},
            }
        )


def write_reads() -> None:
    """Write the reads of this request, in a transaction of their own."""
    reads = g.pop("reads", None)
    if reads:
        with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
            connection.execute(insert(AuditEvent), reads)
