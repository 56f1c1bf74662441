"""Messages to a phone or a mailbox, by whichever gateway the centre has.

In demo mode they go to a table that the demo inbox page shows. Without a gateway nothing can be
sent, and the pages that need one say so.
"""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, db
from clinic.errors import DomainError
from clinic.sentences import mark

KEEP_DEMO_MESSAGES = timedelta(days=1)


class NoGateway(DomainError):
    message = mark(
        "Messages cannot be sent just now. Please sign in with your password, or call us."
    )


class DemoMessage(Base):
    """What would have gone to a phone or a mailbox. Demo mode only."""

    __tablename__ = "demo_messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(String(500))
    sent_at: Mapped[datetime] = mapped_column(index=True)


def send(recipient: str, text: str, *, now: datetime) -> None:
    """Hand a message to the gateway, or raise NoGateway. Flushes; the caller commits."""
    if not current_app.config["DEMO"]:
        raise NoGateway
    db.session.execute(
        delete(DemoMessage).where(DemoMessage.sent_at < now - KEEP_DEMO_MESSAGES),
        execution_options={"synchronize_session": False},
    )
    db.session.add(DemoMessage(recipient=recipient, text=text, sent_at=now))
    db.session.flush()


def demo_messages(limit: int = 30) -> list[DemoMessage]:
    """The latest messages first."""
    latest = select(DemoMessage).order_by(DemoMessage.sent_at.desc(), DemoMessage.id.desc())
    return list(db.session.scalars(latest.limit(limit)))
