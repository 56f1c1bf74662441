"""Texts that only the site's keys open: identity and certificate numbers, half-filled forms.

Each is sealed for its place, such as the number of one child: moved elsewhere, it does not open.
The first key of FIELD_KEY seals, each of them opens. Without FIELD_KEY the site's secret seals;
it opens also when there is one, so that keys can be brought in at any time (`keys reseal`).
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app

from clinic.keys import derive


class CannotBeRead(Exception):
    """Sealed with a key that this site does not have, or for another place."""


class Sealed:
    """A text of a row, kept in its column `<name>_sealed` and sealed for this row alone.

    The row must have its id when the text is set. Raises CannotBeRead when it is asked for.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name, self.column = name, f"{name}_sealed"

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        if row is None:
            return self
        sealed = getattr(row, self.column)
        return unseal(sealed, self._place(row)) if sealed else None

    def __set__(self, row: Any, text: str | None) -> None:
        setattr(row, self.column, seal(text, self._place(row)) if text else None)

    def _place(self, row: Any) -> str:
        if row.id is None:
            raise ValueError("a number is sealed for a row that has its id")
        return f"{row.__tablename__}.{self.name}:{row.id}"


def seal(text: str, place: str) -> str:
    """The text, to be kept in that place."""
    return _keys().encrypt(f"{place}\n{text}".encode()).decode()


def unseal(sealed: str, place: str) -> str:
    """What was sealed for that place. Raises CannotBeRead."""
    try:
        opened = _keys().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return _unseal_old(sealed)
    sealed_for, _, text = opened.partition("\n")
    if sealed_for != place:
        raise CannotBeRead
    return text


def _unseal_old(sealed: str) -> str:
    """What was sealed before keys were told apart: by the site's secret, for no place."""
    secret = str(current_app.config["SECRET_KEY"])
    try:
        return _old_key(secret).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise CannotBeRead from None


def _keys() -> MultiFernet:
    field_keys: Sequence[str] = current_app.config["FIELD_KEYS"]
    return _fernets(*field_keys, str(current_app.config["SECRET_KEY"]))


@lru_cache(maxsize=20)
def _fernets(*secrets: str) -> MultiFernet:
    keys = [base64.urlsafe_b64encode(derive(secret, "fields")) for secret in secrets]
    return MultiFernet([Fernet(key) for key in keys])


@lru_cache(maxsize=20)
def _old_key(secret: str) -> Fernet:
    digest = hashlib.sha256(b"fields:" + secret.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def masked(number: str | None) -> str:
    """`330102********1234`: enough to recognise, too little to use."""
    if not number:
        return ""
    if len(number) < 8:
        return "*" * len(number)
    return number[:4] + "*" * (len(number) - 8) + number[-4:]
