"""When something can be done, in one sentence: the same words wherever a need is shown. Pure."""

from dataclasses import dataclass
from datetime import date

from clinic.sentences import mark
from clinic.services.due import DueItem, Standing

NOW = mark("Now")
NOW_BEFORE = mark("Now, best before %(last)s")
USUAL_LATER = mark("Possible now, usual from %(usual)s")
FROM = mark("From %(first)s")
FROM_BEFORE = mark("From %(first)s, best before %(last)s")
FROM_USUAL = mark("From %(first)s, usual from %(usual)s")
LATE_NOW = mark("Was best before %(last)s; it can be caught up now.")
LATE_FROM = mark("Was best before %(last)s; it can be caught up from %(first)s.")


@dataclass(frozen=True)
class Window:
    """A sentence, for `say`."""

    message: str
    params: dict[str, object]


def window(one: DueItem, on: date) -> Window | None:
    """From when to when, as of that day; None for what nobody can say."""
    if one.standing in (Standing.ASK, Standing.DONE) or one.earliest is None:
        return None
    dates: dict[str, object] = {
        "first": one.earliest,
        "last": one.latest,
        "usual": one.recommended,
    }
    return Window(_message(one, one.earliest, on), dates)


def _message(one: DueItem, first: date, on: date) -> str:
    is_late = one.latest is not None and one.latest <= max(first, on)
    is_open = first <= on
    if is_late:
        return LATE_NOW if is_open else LATE_FROM
    if one.recommended and one.recommended > max(first, on):
        return USUAL_LATER if is_open else FROM_USUAL
    if one.latest:
        return NOW_BEFORE if is_open else FROM_BEFORE
    return NOW if is_open else FROM
