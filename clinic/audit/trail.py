"""The audit trail. Append-only: the database refuses to change or delete a row."""

import hmac
from datetime import datetime

from flask import has_request_context, request
from flask_login import current_user
from sqlalchemy import JSON, ForeignKey, Index, String, insert
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, db
from clinic.keys import key_for


class AuditEvent(Base):
    """One thing that was done or looked at. `details` never holds names, phones or numbers of identity;
    they say where a request came from (`origin`)."""

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
            "details": details | origin(),
        },
    )


def origin() -> dict[str, object]:
    """Where a request comes from, for `details`: its page, its sign-in, a keyed hash of its address.

    The same address has the same hash, and nobody without the key reads it. Empty outside a request.
    """
    if not has_request_context():
        return {}
    address = hmac.digest(key_for("addresses"), (request.remote_addr or "").encode(), "sha256")
    said: dict[str, object] = {"page": request.endpoint, "method": request.method}
    said["address"] = address.hex()[:16]
    sign_in = getattr(current_user, "sign_in_id", None)
    return said if sign_in is None else said | {"sign_in": sign_in}
