"""The audit trail. Append-only: the database refuses to change or delete a row."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import has_request_context, request
from flask_login import current_user
from sqlalchemy import JSON, ForeignKey, Index, String, insert
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base
from clinic.keys import key_for
from clinic.prepared import Prepared


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


ONE_MORE = Prepared(insert(AuditEvent.__table__))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Event:
    """A change. `subject` names a table and `subject_id` its row; `by` is a user's id."""

    action: str
    subject: str
    subject_id: int | None
    by: int | None
    at: datetime
    centre_id: int | None
    details: Mapping[str, object]


def add(event: Event) -> None:
    """Write its row."""
    ONE_MORE.all(
        at=event.at,
        actor_id=event.by,
        action=event.action,
        subject=event.subject,
        subject_id=event.subject_id,
        centre_id=event.centre_id,
        details={**event.details, **origin()},
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
