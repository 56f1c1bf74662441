"""A key for each use, made of one secret: whoever learns one of them has no other."""

import hmac

from flask import current_app


def key_for(use: str) -> bytes:
    """32 bytes for that use alone, made of the site's secret."""
    return derive(str(current_app.config["SECRET_KEY"]), use)


def derive(secret: str, use: str) -> bytes:
    """32 bytes for that use alone, made of that secret."""
    return hmac.digest(secret.encode(), f"clinic:{use}".encode(), "sha256")
