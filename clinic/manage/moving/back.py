"""The way back to the calendar's board from which something is moved."""

from urllib.parse import parse_qsl

from flask import request, url_for

VIEWS = {"today": "calendar.today", "week": "calendar.week"}
KEYS = ("centre", "who", "room", "service", "by", "day")


def board_asked(**change: str) -> str:
    """The board that the address names as `back=week?by=room`, with these changes; "" for none."""
    view, _, query = request.args.get("back", "").partition("?")
    if view not in VIEWS:
        return ""
    known = {key: value for key, value in parse_qsl(query) if key in KEYS}
    return url_for(VIEWS[view], **(known | change))  # type: ignore[arg-type]
