"""Users and what they may be; where they are signed in; codes; counters against guessing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from flask_login import UserMixin
from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, PersonName
from clinic.sealing import Sealed


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


class Ended(StrEnum):
    """Why a sign-in is over. One that rests for too long just is no longer good."""

    SIGN_OUT = "sign-out"
    EVERYWHERE = "everywhere"
    ELSEWHERE = "elsewhere"  # by its owner, in another one
    REPLACED = "replaced"  # by another one in the same browser


class SignIn(Base):
    """A person signed in with one browser. Its cookie holds a random key; here is only the hash."""

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    # The user's, when they proved who they are: signing out everywhere voids what was proved before.
    epoch: Mapped[int]
    browser: Mapped[str] = mapped_column(String(60))  # in words; no address is kept
    created_at: Mapped[datetime]
    used_at: Mapped[datetime]  # the last press, to the minute or so
    present_at: Mapped[datetime]  # the last press without a long absence before it, or re-entry
    proved_at: Mapped[datetime]  # when they last proved who they are, by all that they have for it
    has_second: Mapped[bool] = mapped_column(default=False)  # the second factor was part of it
    browser_id: Mapped[int | None] = mapped_column(
        ForeignKey("known_browsers.id", ondelete="SET NULL"), index=True
    )
    # Its owner is asked here whether that new browser is theirs.
    new_browser_id: Mapped[int | None] = mapped_column(
        ForeignKey("known_browsers.id", ondelete="SET NULL"), index=True
    )
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[Ended | None]


class KnownBrowser(Base):
    """A browser in which a user has signed in before. It keeps a random cookie; here is only the hash."""

    __tablename__ = "known_browsers"
    __table_args__ = (UniqueConstraint("user_id", "key_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    key_hash: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str] = mapped_column(String(60))  # in words
    created_at: Mapped[datetime]
    used_at: Mapped[datetime]  # the last sign-in
    confirmed_at: Mapped[datetime | None]  # when its owner said elsewhere that it is theirs


class SecondFactor(Base):
    """The secret by which a user's phone makes codes that change with time (TOTP, RFC 6238)."""

    __tablename__ = "second_factors"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), unique=True)
    secret_sealed: Mapped[str | None] = mapped_column("secret", String(400))
    secret = Sealed()
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]  # when the first code came; it is asked for from then on
    last_step: Mapped[int] = mapped_column(
        default=0
    )  # the half minute of the last code that was used


class RecoveryCode(Base):
    """A code that was shown once and replaces a code of the second factor once. Only its hash is kept."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


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


class SignInCode(Base):
    """A one-time code that was sent. Only its hash is kept."""

    __tablename__ = "sign_in_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(String(120), index=True)
    code_hash: Mapped[str] = mapped_column(String(200))
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]  # when its phone was proved by it or another
    # When somebody signed in or up by that proof; at once if another one was used.
    spent_at: Mapped[datetime | None]


class Counter(Base):
    """How often something was tried since a moment: the memory of the rate limits, shared by all processes."""

    __tablename__ = "counters"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    since: Mapped[datetime]
    count: Mapped[int]
