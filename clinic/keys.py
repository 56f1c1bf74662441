"""A key for each use, made of the site's one secret: whoever learns one of them has no other."""

import hmac

from flask import current_app


def key_for(use: str) -> bytes:
    """32 bytes for that use alone."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.digest(secret, f"clinic:{use}".encode(), "sha256")
