"""Where people are signed in, by what they prove it, and counters against guessing."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ForeignKey,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base
from clinic.sealing import Sealed


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
