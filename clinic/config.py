"""Settings, from the environment only. A default must be safe in production and public."""

import os
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path

import click

from clinic.hosts import known_hosts

DEVELOPMENT_SECRET = "development only, never in production"  # noqa: S105 - production refuses it
THREADS = 8  # of each process of a server: who may be answered at once
ROOT = Path(__file__).resolve().parent.parent
# They serve nobody. Without a secret they work on the demo's database, or on none.
COMMANDS = ("db", "demo", "keys", "schedule")  # the rooms have more
SHORTEST_SECRET = 32  # characters; 32 random bytes are 43 of base64 or 64 of hexadecimal
FEWEST_SIGNS = 10  # different ones: `changeme` four times is long, and no secret
MAKE_ONE = 'Make one: python3 -c "import secrets; print(secrets.token_urlsafe(32))"'


class UnsafeConfig(click.ClickException, RuntimeError):
    """The site refuses to start as configured; the text says why."""


def command_of(
    arguments: Sequence[str],
    environ: Mapping[str, str] = os.environ,
    *,
    more: Collection[str] = (),
) -> str:
    """The command that runs in place of a server, as `schedule` of `flask --app wsgi schedule verify`.

    `more` are the commands of the rooms.
    """
    if environ.get("FLASK_RUN_FROM_CLI") != "true" or "run" in arguments:
        return ""
    return next((argument for argument in arguments if argument in (*COMMANDS, *more)), "")


def _hosts(environ: Mapping[str, str]) -> tuple[str, ...]:
    try:
        return known_hosts(environ.get("PUBLIC_URL", ""), environ.get("TRUSTED_HOSTS", ""))
    except ValueError as error:
        raise UnsafeConfig(
            "PUBLIC_URL is the site's address, as https://book.example.cn"
        ) from error


def _keys(environ: Mapping[str, str], *, development: bool, command: str) -> tuple[str, list[str]]:
    """The key that signs, and those that seal fields. Raises UnsafeConfig if one is no secret."""
    secret = environ.get("SECRET_KEY", "")
    if not secret:
        if not development and not command:
            raise UnsafeConfig("Set SECRET_KEY: production does not start with a default secret.")
        secret = DEVELOPMENT_SECRET
    elif not development:
        _must_be_secret("SECRET_KEY", secret)
    field_keys = environ.get("FIELD_KEY", "").replace(",", " ").split()
    for key in field_keys if not development else ():
        _must_be_secret("FIELD_KEY", key)
    return secret, field_keys


def from_environment(
    environ: Mapping[str, str] = os.environ, *, command: str = ""
) -> dict[str, object]:
    """The Flask configuration. Raises UnsafeConfig in production without a good secret of its own.

    Where no secret is set, `demo` commands mean the demo: a real site has one.
    """
    given = environ.get("SECRET_KEY", "")
    demo = environ.get("DEMO", "1" if command == "demo" and not given else "") == "1"
    development = demo or environ.get("FLASK_DEBUG", "") == "1"
    secret, field_keys = _keys(environ, development=development, command=command)
    secure = environ.get("COOKIE_SECURE", "0" if development else "1") == "1"
    return {
        "SECRET_KEY": secret,
        "FIELD_KEYS": field_keys,  # the first one seals, each of them unseals
        "SECRET_IS_PUBLISHED": secret == DEVELOPMENT_SECRET and not development,
        "DATABASE_URL": environ.get(
            "DATABASE_URL", f"sqlite:///{ROOT / 'instance' / 'clinic.sqlite3'}"
        ),
        "DEMO": demo,
        "SECOND_FACTOR_FROM": _day(environ, "SECOND_FACTOR_FROM"),
        "DEMO_RENEWS": demo,  # its city gets a new day when one begins
        "CLINIC_ZONE": environ.get("CLINIC_ZONE", "Asia/Shanghai"),
        "PUBLIC_URL": environ.get("PUBLIC_URL", ""),
        "KNOWN_HOSTS": _hosts(environ),
        "TRUSTED_PROXIES": _proxies(environ.get("TRUSTED_PROXIES", "0")),
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


def _must_be_secret(name: str, text: str) -> None:
    """Raises UnsafeConfig for what somebody could guess: too short, too plain, or published."""
    if text == DEVELOPMENT_SECRET:
        raise UnsafeConfig(f"{name} is the development secret, which everybody knows. {MAKE_ONE}")
    if len(text) < SHORTEST_SECRET or len(set(text)) < FEWEST_SIGNS:
        raise UnsafeConfig(
            f"{name} is too short or a placeholder: it needs at least {SHORTEST_SECRET} characters,"
            f" {FEWEST_SIGNS} of them different. {MAKE_ONE}"
        )


def _day(environ: Mapping[str, str], name: str) -> date | None:
    """The day that is set, if any. Raises UnsafeConfig for what is no day."""
    text = environ.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UnsafeConfig(f"{name} is a day as 2027-03-01, not {text!r}.") from error


def _proxies(text: str) -> int:
    """How many proxies stand in front. Raises UnsafeConfig for what is no such number."""
    if not (text.isdecimal() and text.isascii() and int(text) <= 9):
        raise UnsafeConfig(f"TRUSTED_PROXIES is how many proxies stand in front, not {text!r}.")
    return int(text)
