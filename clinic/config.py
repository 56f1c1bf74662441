"""Settings, from the environment only. A default must be safe in production and public."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from clinic.hosts import known_hosts

DEVELOPMENT_SECRET = "development only, never in production"  # noqa: S105 - production refuses it
THREADS = 8  # of each process of a server: who may be answered at once
ROOT = Path(__file__).resolve().parent.parent
COMMANDS = (
    "db",
    "demo",
    "schedule",
    "vaccination",
    "checkups",
    "growth",
)  # they serve nobody, so they need no secret


class UnsafeConfig(RuntimeError):
    """The site refuses to start as configured; the text says why."""


def command_of(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> str:
    """The command that runs in place of a server, as `schedule` of `flask --app wsgi schedule verify`."""
    if environ.get("FLASK_RUN_FROM_CLI") != "true" or "run" in arguments:
        return ""
    return next((one for one in arguments if one in COMMANDS), "")


def _hosts(environ: Mapping[str, str]) -> tuple[str, ...]:
    try:
        return known_hosts(environ.get("PUBLIC_URL", ""), environ.get("TRUSTED_HOSTS", ""))
    except ValueError as error:
        raise UnsafeConfig(
            "PUBLIC_URL is the site's address, as https://book.example.cn"
        ) from error


def from_environment(
    environ: Mapping[str, str] = os.environ, *, command: str = ""
) -> dict[str, object]:
    """The Flask configuration. Raises UnsafeConfig in production without a secret of its own.

    Where no secret is set, `demo` commands mean the demo: a real site has one.
    """
    secret = environ.get("SECRET_KEY", "")
    demo = environ.get("DEMO", "1" if command == "demo" and not secret else "") == "1"
    development = demo or environ.get("FLASK_DEBUG", "") == "1"
    if not secret:
        if not development and not command:
            raise UnsafeConfig("Set SECRET_KEY: production does not start with a default secret.")
        secret = DEVELOPMENT_SECRET
    elif secret == DEVELOPMENT_SECRET and not development:
        raise UnsafeConfig("SECRET_KEY is the development secret. Set one of your own.")
    secure = environ.get("COOKIE_SECURE", "0" if development else "1") == "1"
    return {
        "SECRET_KEY": secret,
        "DATABASE_URL": environ.get(
            "DATABASE_URL", f"sqlite:///{ROOT / 'instance' / 'clinic.sqlite3'}"
        ),
        "DEMO": demo,
        "DEMO_RENEWS": demo,  # its city gets a new day when one begins
        "CLINIC_ZONE": environ.get("CLINIC_ZONE", "Asia/Shanghai"),
        "PUBLIC_URL": environ.get("PUBLIC_URL", ""),
        "KNOWN_HOSTS": _hosts(environ),
        "TRUSTED_PROXIES": int(environ.get("TRUSTED_PROXIES", "0")),
        "SESSION_COOKIE_SECURE": secure,
        # Browsers take a cookie of that prefix from this host only, over TLS only.
        "SESSION_COOKIE_NAME": "__Host-session" if secure else "session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": 60 * 60 * 24 * 31,  # sign-ins end by themselves before
        "SESSION_REFRESH_EACH_REQUEST": False,  # `access.guard` does it once a day
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,
    }
