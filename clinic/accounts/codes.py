"""One-time codes: six digits, hashed, good for five minutes. Wrong ones are counted in `tries`. Verbs flush.

A code that was used is a proof of the phone, good for one sign-in or sign-up within 15 minutes.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update

from clinic import messages
from clinic.accounts import limits, tries
from clinic.accounts.models import SignInCode
from clinic.accounts.tries import Asker
from clinic.db import db
from clinic.errors import DomainError
from clinic.i18n import gettext
from clinic.keys import key_for
from clinic.sentences import mark

GOOD_FOR = timedelta(minutes=5)
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


def send_code(recipient: str, *, asker: Asker, now: datetime) -> None:
    """Send a code.

    Earlier ones stay good: who asks in another's name voids nothing, and the owner may type
    whichever came. Raises JustSent, TooOften or NoGateway; clicks that send nothing count for
    the minute only.
    """
    is_known = asker.known is not None
    whose = f"{recipient} known {asker.known}" if is_known else f"{recipient} {asker.address}"
    try:
        limits.spend(limits.CODE_SENT, whose, now=now)
        if not is_known:
            limits.spend(limits.CODE_ADDRESS, asker.address, now=now)
        limits.spend(limits.CODE_SENT_HOUR, whose, now=now)
        if not is_known:
            limits.spend(limits.CODE_SENT_STRANGERS, recipient, now=now)
    except limits.TooOften as error:
        if not _open_codes(recipient, now):
            raise
        raise JustSent(**error.params) from error
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


def use_code(recipient: str, code: str, *, asker: Asker, now: datetime) -> int:
    """Use up a code that was sent, and with it all others; the id of the proof.

    Raises WrongCode or TooOften; the caller commits then too, so the try counts.
    """
    counted = tries.count(tries.CODE, recipient, asker=asker, now=now)
    hashed, found = _hash(recipient, code.strip()), None
    sent_codes = _open_codes(recipient, now)
    for sent in sent_codes:
        if hmac.compare_digest(sent.code_hash, hashed):
            found = sent
    if found is None:
        raise WrongCode
    counted.was_right()
    for sent in sent_codes:
        sent.used_at = now
        sent.spent_at = None if sent is found else now
    db.session.flush()
    return found.id


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
