"""The second factor: codes that a phone makes by a secret (TOTP, RFC 6238), and codes to recover. Verbs flush.

A code is good for its half minute, the one before and the one after, and only once: the last half
minute that was used is kept, and only a later one is taken. Ten recovery codes are shown once;
each replaces a code once.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime

import pyotp
from markupsafe import Markup
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from clinic import audit
from clinic.accounts import sign_ins, tries
from clinic.accounts.models import Person, RecoveryCode, SecondFactor, User
from clinic.accounts.tries import Asker
from clinic.db import db
from clinic.errors import DomainError
from clinic.keys import key_for
from clinic.qr import qr_code
from clinic.sealing import CannotBeRead
from clinic.sentences import mark

STEP = 30  # seconds, as every app has it
DRIFT = 1  # steps before and after, for a clock that is wrong
RECOVERY_CODES = 10
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
SITE = "Seedling"  # as apps name it: Latin letters, for old ones show no others


class WrongSecondCode(DomainError):
    message = mark("That code is wrong or was used already. Wait for the next one in your app.")


def of_user(user_id: int) -> SecondFactor | None:
    """The user's, also while it waits for its first code."""
    return db.session.scalar(select(SecondFactor).where(SecondFactor.user_id == user_id))


def is_on(user_id: int) -> bool:
    """Whether that user is asked for it."""
    mine = select(SecondFactor.id).where(
        SecondFactor.user_id == user_id, SecondFactor.confirmed_at.is_not(None)
    )
    return db.session.scalar(mine) is not None


def who_has_it(user_ids: Collection[int]) -> set[int]:
    """Which of these users are asked for it. One query."""
    theirs = select(SecondFactor.user_id).where(
        SecondFactor.user_id.in_(user_ids), SecondFactor.confirmed_at.is_not(None)
    )
    return set(db.session.scalars(theirs))


def begin(user: Person, *, now: datetime) -> None:
    """Make a secret, to be shown until its first code comes; nothing if there is one."""
    insert = (sqlite if db.engine.dialect.name == "sqlite" else postgresql).insert
    db.session.execute(
        insert(SecondFactor)
        .values(user_id=user.id, created_at=now, last_step=0)
        .on_conflict_do_nothing()
    )
    factor = of_user(user.id)
    if factor and not factor.secret:
        factor.secret = pyotp.random_base32()
        db.session.flush()


def confirm(user: Person, code: str, *, asker: Asker, now: datetime) -> list[str]:
    """Ask for it from now on; the recovery codes. Raises WrongSecondCode, TooOften.

    The caller commits in any case.
    """
    counted = tries.count(tries.SECOND, str(user.id), asker=asker, now=now)
    if not _use_step(user.id, code, now=now):
        raise WrongSecondCode
    counted.was_right()
    db.session.execute(
        update(SecondFactor).where(SecondFactor.user_id == user.id).values(confirmed_at=now)
    )
    audit.record("second factor on", ("users", user.id), by=user.id, now=now)
    return make_recovery_codes(user, now=now)


def prove(user: User, typed: str, *, asker: Asker, now: datetime) -> None:
    """Use up a code of the phone, or a recovery code. Raises WrongSecondCode, TooOften.

    The caller commits in any case: each try counts.
    """
    counted = tries.count(tries.SECOND, str(user.id), asker=asker, now=now)
    if _use_step(user.id, typed, now=now):
        counted.was_right()
    elif _use_recovery_code(user.id, typed, now=now):
        counted.was_right()
        audit.record("recovery code used", user, by=user.id, now=now)
    else:
        audit.record("sign-in refused", user, by=None, now=now, how="second factor")
        raise WrongSecondCode


def _use_step(user_id: int, code: str, *, now: datetime) -> bool:
    """Whether it is a code of this moment; it is never taken again."""
    factor = of_user(user_id)
    if factor is None or not factor.secret:
        return False
    maker, this = pyotp.TOTP(factor.secret), int(now.timestamp()) // STEP
    for step in range(this - DRIFT, this + DRIFT + 1):
        if hmac.compare_digest(maker.generate_otp(step), code):
            return _take_step(user_id, step)
    return False


def _take_step(user_id: int, step: int) -> bool:
    """Whether it is later than the last one that was used. Of two at once, one is told yes."""
    taken = update(SecondFactor).where(
        SecondFactor.user_id == user_id, SecondFactor.last_step < step
    )
    done = db.session.scalar(taken.values(last_step=step).returning(SecondFactor.id))
    return done is not None


def _use_recovery_code(user_id: int, code: str, *, now: datetime) -> bool:
    used = update(RecoveryCode).where(
        RecoveryCode.user_id == user_id,
        RecoveryCode.code_hash == _hash(user_id, code),
        RecoveryCode.used_at.is_(None),
    )
    done = db.session.scalar(used.values(used_at=now).returning(RecoveryCode.id))
    return done is not None


def make_recovery_codes(user: Person, *, now: datetime) -> list[str]:
    """Ten new ones in place of those before; only this answer has them."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = ["".join(secrets.choice(SIGNS) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    db.session.add_all(
        RecoveryCode(user_id=user.id, code_hash=_hash(user.id, code), created_at=now)
        for code in codes
    )
    audit.record("recovery codes made", ("users", user.id), by=user.id, now=now)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def recovery_codes_left(user_id: int) -> int:
    """How many are not used yet."""
    left = select(func.count(RecoveryCode.id)).where(
        RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
    )
    return db.session.scalar(left) or 0


def remove(user: Person, *, by: Person, now: datetime) -> None:
    """Ask for it no more. If another person does it, having seen the user, all sign-ins end."""
    for table in (SecondFactor, RecoveryCode):
        db.session.execute(delete(table).where(table.user_id == user.id))
    is_own = by.id == user.id
    if not is_own:
        sign_ins.end_all(user.id, now=now)
    action = "second factor off" if is_own else "second factor reset"
    audit.record(action, ("users", user.id), by=by.id, now=now)


def reseal() -> tuple[int, list[int]]:
    """Seal all secrets anew with the first key: how many, and whose cannot be read."""
    done, unread = 0, []
    for factor in db.session.scalars(select(SecondFactor).order_by(SecondFactor.id)):
        try:
            factor.secret = factor.secret
        except CannotBeRead:
            unread.append(factor.user_id)
        else:
            done += factor.secret_sealed is not None
    db.session.flush()
    return done, unread


def qr(user: User, factor: SecondFactor) -> Markup:
    """The code that an app reads, as SVG."""
    name = user.email or user.phone or str(user.id)
    address = pyotp.TOTP(factor.secret).provisioning_uri(name=name, issuer_name=SITE)
    return qr_code(address)


def in_groups(secret: str) -> str:
    """The secret as one types it: four letters at a time."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def _hash(user_id: int, code: str) -> str:
    bare = "".join(sign for sign in code.lower() if sign.isalnum())
    return hmac.new(key_for("recovery"), f"{user_id}:{bare}".encode(), hashlib.sha256).hexdigest()
