"""One-time codes: six digits, hashed, good for five minutes and five tries. Verbs flush."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select

from clinic import messages
from clinic.accounts import limits
from clinic.accounts.models import SignInCode
from clinic.db import db
from clinic.errors import DomainError
from clinic.i18n import mark, say_text

GOOD_FOR = timedelta(minutes=5)
TRIES = 5
TEXT = mark("Your sign-in code is %(code)s. It is good for 5 minutes. Tell it to nobody.")


class WrongCode(DomainError):
    message = mark("That code is not right, or no longer good. Check it, or ask for a new one.")


def _hash(recipient: str, code: str) -> str:
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, f"code:{recipient}:{code}".encode(), hashlib.sha256).hexdigest()


def send_code(recipient: str, *, address: str, now: datetime) -> None:
    """Send a fresh code; earlier ones are void. Raises TooOften or NoGateway."""
    limits.spend(limits.CODE_ADDRESS, address, now=now)
    limits.spend(limits.CODE_SENT_HOUR, recipient, now=now)
    limits.spend(limits.CODE_SENT, recipient, now=now)
    for earlier in _open_codes(recipient, now):
        earlier.used_at = now
    code = f"{secrets.randbelow(10**6):06d}"
    db.session.add(
        SignInCode(
            recipient=recipient,
            code_hash=_hash(recipient, code),
            sent_at=now,
            expires_at=now + GOOD_FOR,
        )
    )
    messages.send(recipient, say_text(TEXT, code=code), now=now)


def use_code(recipient: str, code: str, *, now: datetime) -> None:
    """Use up the code that was sent. Raises WrongCode; the caller commits then too, so the try counts."""
    for sent in _open_codes(recipient, now):
        sent.tries += 1
        if sent.tries > TRIES:
            raise WrongCode
        if hmac.compare_digest(sent.code_hash, _hash(recipient, code.strip())):
            sent.used_at = now
            db.session.flush()
            return
    raise WrongCode


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
