"""Links that are shown once: to come to work at a centre, and to sign in."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.accounts.models.people import Profession, Role, User
from clinic.db import Base, PersonName


class StaffInvitation(Base):
    """A link by which a person comes to work at a centre, or to be an administrator. Used once."""

    __tablename__ = "staff_invitations"
    __table_args__ = (
        CheckConstraint("role <> 'parent'", name="role_of_staff"),
        CheckConstraint("(role = 'admin') = (centre_id IS NULL)", name="centre_by_role"),
        CheckConstraint(
            "(role = 'clinician') = (profession IS NOT NULL)", name="profession_by_role"
        ),
        CheckConstraint(
            "practitioner_id IS NULL OR role = 'clinician'", name="practitioner_by_role"
        ),
        CheckConstraint("(accepted_at IS NULL) = (accepted_by_id IS NULL)", name="accepted"),
        CheckConstraint("accepted_at IS NULL OR revoked_at IS NULL", name="accepted_or_revoked"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(PersonName(60))
    contact: Mapped[str] = mapped_column(String(120), index=True)  # a phone, or an e-mail address
    role: Mapped[Role]
    also: Mapped[list[str]] = mapped_column(JSON, default=list)  # further roles at the centre
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centres.id"), index=True)
    practitioner_id: Mapped[int | None] = mapped_column(ForeignKey("practitioners.id"))
    profession: Mapped[Profession | None]
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: a command
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    revoked_at: Mapped[datetime | None]

    invited_by: Mapped[User | None] = relationship(foreign_keys=[invited_by_id])


class Purpose(StrEnum):
    """What a link that works once lets its holder do."""

    PASSWORD = "password"  # noqa: S105 - set a new one
    SLIP = "slip"  # sign in for the first time


class OneTimeLink(Base):
    """A link, or the code of a slip, that was shown once and works once. Only its keyed hash is kept."""

    __tablename__ = "one_time_links"
    __table_args__ = (
        CheckConstraint("used_at IS NULL OR revoked_at IS NULL", name="used_or_revoked"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    purpose: Mapped[Purpose]
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]  # by a newer one

    user: Mapped[User] = relationship(foreign_keys=[user_id])
