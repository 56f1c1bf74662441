"""Identity and certificate numbers are encrypted in the database and masked on the screen."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from flask import current_app
from sqlalchemy import Dialect, String, Text, TypeDecorator


def _key() -> Fernet:
    secret = str(current_app.config.get("FIELD_KEY") or current_app.config["SECRET_KEY"])
    digest = hashlib.sha256(b"fields:" + secret.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


class SealedString(TypeDecorator[str]):
    """A text that is readable only with the site's key."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return _key().encrypt(value.encode()).decode() if value else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if not value:
            return None
        try:
            return _key().decrypt(value.encode()).decode()
        except InvalidToken:
            return None  # sealed with a key this site no longer has


class SealedText(SealedString):
    """The same, of any length."""

    impl = Text
    cache_ok = True


def masked(number: str | None) -> str:
    """`330102********1234`: enough to recognise, too little to use."""
    if not number:
        return ""
    if len(number) < 8:
        return "*" * len(number)
    return number[:4] + "*" * (len(number) - 8) + number[-4:]
