"""Passwords: which are good enough, and their hashes (Argon2id with 19 MiB, the least that OWASP asks for).

Length counts, mixtures of signs do not (NIST SP 800-63B, 5.1.1.2): no password is refused for
having no digit. What is refused is what is tried first: common ones, and those made of what
is known of the person.
"""

import gzip
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pypinyin import lazy_pinyin

from clinic.errors import DomainError
from clinic.sentences import mark

SHORTEST = 10
LONGEST = 200  # Argon2 takes more; nobody types it
COMMON = Path(__file__).parent / "common_passwords" / "common-passwords.txt.gz"
SITE = ("seedlingchildrenshealth", "seedling", "小禾儿童健康中心", "小禾", "xiaohe")
LEAST_OWN = 5  # letters and digits beside what is known of a person
NO_WORD = re.compile(r"[\W_]+")

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class UnfitPassword(DomainError):
    """A password that is not good enough; `message` says why."""


class TooShort(UnfitPassword):
    message = mark("Use at least 10 characters for a password.")


class TooLong(UnfitPassword):
    message = mark("Use at most 200 characters for a password.")


class TooCommon(UnfitPassword):
    message = mark("Many people have this password, so it is tried first. Please choose another.")


class TooMuchLikeYou(UnfitPassword):
    message = mark(
        "This is too much like your name, phone, e-mail or this site's name. Please choose another."
    )


def must_be_fit(password: str, *, name: str, contacts: Iterable[str | None]) -> None:
    """Raises UnfitPassword; `name` and `contacts` (phones, e-mails) are those of its owner."""
    if len(password) < SHORTEST:
        raise TooShort
    if len(password) > LONGEST:
        raise TooLong
    if password.casefold() in _common():
        raise TooCommon
    left = whole = _letters(password)
    for word in sorted(_words(name, contacts), key=len, reverse=True):
        left = left.replace(word, "")
    if left != whole and len(left) < LEAST_OWN:
        raise TooMuchLikeYou


def _words(name: str, contacts: Iterable[str | None]) -> set[str]:
    """What somebody who knows the person would try; short syllables are in many passwords."""
    sounds = lazy_pinyin(name)
    words = [name, *name.split(), "".join(sounds), "".join(sounds[1:] + sounds[:1]), *SITE]
    for contact in contacts:
        if contact and "@" in contact:
            words += [contact, contact.partition("@")[0]]
        elif contact:
            words.append(contact.removeprefix("+86"))
    plain = {_letters(word) for word in words}
    return {word for word in plain if len(word) >= (3 if word.isascii() else 2)}


def _letters(text: str) -> str:
    return NO_WORD.sub("", text.casefold())


@cache
def _common() -> frozenset[str]:
    """Read when the first password is chosen; about 2 MB in memory."""
    with gzip.open(COMMON, "rt", encoding="utf-8") as file:
        return frozenset(file.read().split())


def hash_password(password: str) -> str:
    """The hash to keep."""
    return _hasher.hash(password)


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this password")


def is_password(kept: str | None, password: str) -> bool:
    """Whether it is the password. Takes as long for a user who does not exist or has none."""
    try:
        return _hasher.verify(kept or _nobodys_hash(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether that hash was made with less work than a new one would be."""
    return _hasher.check_needs_rehash(kept)
