"""One-time codes: six digits, hashed, good for five minutes and five tries. Verbs flush.

A code that was used is a proof of the phone, good for one sign-in or sign-up within 15 minutes.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update

from clinic import messages
from clinic.accounts import limits
from clinic.accounts.models import SignInCode
from clinic.db import db
from clinic.errors import DomainError
from clinic.i18n import gettext
from clinic.keys import key_for
from clinic.sentences import mark

GOOD_FOR = timedelta(minutes=5)
TRIES = 5
PROOF_GOOD_FOR = timedelta(minutes=15)
TEXT = mark(
    "Your sign-in code is %(code)s. It is valid for 5 minutes. Do not share it with anyone."
)


class WrongCode(DomainError):
    message = mark("That code is wrong or has expired. Check it, or ask for a new one.")


class JustSent(limits.TooOften):
    """A second click, or an impatient one: the code that was sent is still good."""


def _hash(recipient: str, code: str) -> str:
    return hmac.new(key_for("codes"), f"{recipient}:{code}".encode(), hashlib.sha256).hexdigest()


def send_code(recipient: str, *, address: str, now: datetime) -> None:
    """Send a fresh code; earlier ones are void. Raises JustSent, TooOften or NoGateway.

    Clicks that send nothing do not count for the hour.
    """
    try:
        limits.spend(limits.CODE_SENT, recipient, now=now)
    except limits.TooOften as error:
        if not _open_codes(recipient, now):
            raise
        raise JustSent(**error.params) from error
    limits.spend(limits.CODE_ADDRESS, address, now=now)
    limits.spend(limits.CODE_SENT_HOUR, recipient, now=now)
    for earlier in _open_codes(recipient, now):
        earlier.used_at = earlier.spent_at = now
    code = f"{secrets.randbelow(10**6):06d}"
    db.session.add(
        SignInCode(
            recipient=recipient,
            code_hash=_hash(recipient, code),
            sent_at=now,
            expires_at=now + GOOD_FOR,
        )
    )
    messages.send(recipient, gettext(TEXT, code=code), now=now)


def use_code(recipient: str, code: str, *, now: datetime) -> int:
    """Use up the code that was sent; the id of the proof. Raises WrongCode; the caller commits then
    too, so the try counts."""
    for sent in _open_codes(recipient, now):
        sent.tries += 1
        if sent.tries > TRIES:
            raise WrongCode
        if hmac.compare_digest(sent.code_hash, _hash(recipient, code.strip())):
            sent.used_at = now
            db.session.flush()
            return sent.id
    raise WrongCode


def proved(proof_id: int, *, now: datetime) -> str | None:
    """The phone or e-mail that was proved, while that is good and nobody has made use of it."""
    return db.session.scalar(select(SignInCode.recipient).where(*_is_good(proof_id, now)))


def spend_proof(proof_id: int, *, now: datetime) -> str | None:
    """The same, for the only one who gets it: of several at once the first."""
    spent = update(SignInCode).where(*_is_good(proof_id, now)).values(spent_at=now)
    return db.session.scalar(spent.returning(SignInCode.recipient))


def _is_good(proof_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        SignInCode.id == proof_id,
        SignInCode.spent_at.is_(None),
        SignInCode.used_at > now - PROOF_GOOD_FOR,
    )


def _open_codes(recipient: str, now: datetime) -> list[SignInCode]:
    """The codes that are neither used nor expired; locked, so that guesses come one after another."""
    return list(
        db.session.scalars(
            select(SignInCode)
            .where(
                SignInCode.recipient == recipient,
                SignInCode.used_at.is_(None),
                SignInCode.expires_at > now,
            )
            .order_by(SignInCode.id.desc())
            .with_for_update()
        )
    )
