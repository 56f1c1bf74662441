"""The page that shows whom a change of hours concerns, by name, before anything is done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response, request

from clinic import audit
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.change import Change
from clinic.web import render

LONG = timedelta(days=31)
TYPED = ("who", "first", "last", "reason_zh", "reason_en", "day", "weekday")


@dataclass(frozen=True)
class ChangeToShow:
    """A change that somebody asks to see: its title, whom or what it is about, the way back."""

    change: Change
    title: str
    about: object
    back: tuple[str, str]  # an endpoint, a centre's code


def typed() -> dict[str, str]:
    """What was typed to ask for the change, for the page with that form."""
    return {name: request.args[name] for name in TYPED if name in request.args}


def is_long(change: Change) -> bool:
    """Whether it shuts so many days that it may be a slip of the pen."""
    starts_at, ends_at = getattr(change, "starts_at", None), getattr(change, "ends_at", None)
    return bool(starts_at and ends_at and ends_at - starts_at > LONG)


def show(asked: ChangeToShow, *, now: datetime, refusal: str = "") -> Response:
    """Whom it concerns, and a button that does exactly that. With a refusal, its sentence (422).

    A refusal of what was just shown shows what is so by now, to be looked at again; what is
    refused when it is asked for has no button.
    """
    shown = applying.preview(asked.change, now=now) if _can_be_shown(asked.change) else None
    audit.note_list("preview", shown.displaced if shown else ())
    return render(
        "manage/preview.html",
        status=422 if refusal else 200,
        asked=asked,
        shown=shown,
        refusal=refusal,
        typed=typed() if refusal else {},
        may_do=request.method == "POST" or not refusal,
        here=request.full_path,
        is_long=is_long(asked.change) and asked.back[0] == "manage.closures",
    )


def _can_be_shown(change: Change) -> bool:
    starts_at, ends_at = getattr(change, "starts_at", None), getattr(change, "ends_at", None)
    return starts_at is None or ends_at is None or starts_at < ends_at
