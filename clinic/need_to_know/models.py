"""Closed records that were opened for a reason."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.accounts.models import User
from clinic.centres.models import Centre
from clinic.db import Base
from clinic.families.models import Child


class OpeningReason(StrEnum):
    """Why somebody opened a record without a visit near. Unverified: the house's own list."""

    EMERGENCY = "emergency"
    FAMILY_ASKS = "family asks"
    OTHER_CENTRE = "other centre"
    CORRECTION = "correction"
    OTHER = "other"


class RecordOpening(Base):
    """Somebody of a centre opened a child's closed record, for a reason and for an hour."""

    __tablename__ = "record_openings"
    __table_args__ = (
        Index("ix_record_openings_user_id_child_id", "user_id", "child_id"),
        Index("ix_record_openings_centre_id_opened_at", "centre_id", "opened_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"), index=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    why: Mapped[OpeningReason]
    text: Mapped[str] = mapped_column(String(300))
    opened_at: Mapped[datetime]
    until: Mapped[datetime]

    user: Mapped[User] = relationship()
    child: Mapped[Child] = relationship()
    centre: Mapped[Centre] = relationship()
