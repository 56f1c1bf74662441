"""Users, and what they may be where, now and before."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from flask_login import UserMixin
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, PersonName


class Role(StrEnum):
    """What a person may be. All but PARENT and ADMIN are held at a centre."""

    PARENT = "parent"
    CLINICIAN = "clinician"
    RECEPTION = "reception"
    MANAGER = "manager"
    ADMIN = "admin"


class Profession(StrEnum):
    """What a clinician is at a centre. It decides what they may see and do there."""

    DOCTOR = "doctor"
    VACCINATOR = "vaccinator"
    NURSE = "nurse"  # any other
    PHYSICAL_THERAPIST = "physical"  # of movement (PT)
    OCCUPATIONAL_THERAPIST = "occupational"  # OT
    SPEECH_THERAPIST = "speech"  # ST
    SENSORY_THERAPIST = "sensory"  # of sensory integration
    TCM = "tcm"  # a doctor of Chinese medicine


class Held(NamedTuple):
    """A role as somebody has it: at a centre, unless it knows none; for a clinician, as what."""

    role: Role
    centre_id: int | None
    profession: Profession | None = None


class _Somebody(UserMixin):
    """What the row of a user and who is signed in have in common."""

    @property
    def roles(self) -> frozenset[Role]:
        """All roles of this user, wherever held."""
        return frozenset(held.role for held in self.held)

    def centre_ids(self, *roles: Role) -> frozenset[int]:
        """The centres where this user has one of these roles."""
        return frozenset(
            held.centre_id
            for held in self.held
            if held.role in roles and held.centre_id is not None
        )


class User(_Somebody, Base):
    """A sign-in. Parents may have no password: they get a code. A family that reception
    registered has a user whom nobody has claimed yet; proving the phone claims it."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint(
            "phone IS NOT NULL OR email IS NOT NULL OR closed_at IS NOT NULL", name="phone_or_email"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(PersonName(60))
    phone: Mapped[str | None] = mapped_column(String(20), unique=True)
    email: Mapped[str | None] = mapped_column(String(120), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    # Counted up to sign every browser of this user out (`sign_ins.end_all`).
    epoch: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]  # by its owner; name, phone and e-mail are gone since

    memberships: Mapped[list["Membership"]] = relationship(
        back_populates="user", lazy="selectin", foreign_keys="Membership.user_id"
    )

    @property
    def held(self) -> frozenset[Held]:
        """The roles, each with its centre."""
        return frozenset(
            Held(membership.role, membership.centre_id, membership.profession)
            for membership in self.memberships
        )


@dataclass(frozen=True)
class SignedIn(_Somebody):
    """Whom a session cookie names, as one statement reads it. Who changes the user loads the row."""

    id: int
    name: str
    held: frozenset[Held]
    sign_in_id: int
    used_at: datetime
    present_at: datetime
    has_kept_forms: bool
    proved_at: datetime
    has_second: bool
    browser_id: int | None
    new_browser_id: int | None

    @property
    def sees_once(self) -> bool:
        """Whether pages show them something that is gone soon: a browser may not keep such a page."""
        return self.has_kept_forms or self.new_browser_id is not None

    @property
    def is_staff(self) -> bool:
        """Whether they work at a centre, whatever else they are."""
        return bool(self.roles - {Role.PARENT})


Person = User | SignedIn  # who does something, or whose it is


class Membership(Base):
    """A role of a user, at a centre unless the role knows none; a clinician has a profession there.

    One that ended has no row here but one of `former_memberships`: no reader can forget to ask.
    """

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("user_id", "role", "centre_id"),
        Index(
            "uq_memberships_without_centre",
            "user_id",
            "role",
            unique=True,
            sqlite_where=text("centre_id IS NULL"),
            postgresql_where=text("centre_id IS NULL"),
        ),
        CheckConstraint(
            "(role IN ('parent', 'admin')) = (centre_id IS NULL)", name="centre_by_role"
        ),
        CheckConstraint(
            "(role = 'clinician') = (profession IS NOT NULL)", name="profession_by_role"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    role: Mapped[Role]
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centres.id"))
    profession: Mapped[Profession | None]
    since: Mapped[datetime | None]  # None for roles of before this was kept
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    user: Mapped[User] = relationship(back_populates="memberships", foreign_keys=[user_id])


class FormerMembership(Base):
    """A role that a user of the staff had, from when to when, and who gave and ended it."""

    __tablename__ = "former_memberships"
    __table_args__ = (
        CheckConstraint("since <= until", name="since_before_until"),
        Index("ix_former_memberships_centre", "centre_id", "until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[Role]
    profession: Mapped[Profession | None]
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centres.id"))
    since: Mapped[datetime | None]
    until: Mapped[datetime]
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    user: Mapped[User] = relationship(foreign_keys=[user_id])
