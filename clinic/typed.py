"""Forms that a page reads by hand: what was typed, by field, and what is said at each field.

`typed` is shown again as it was typed; what is kept of it is read by these functions. What cannot
be read gets a sentence in `errors`, and the function gives nothing.
"""

from collections.abc import Callable, Mapping
from datetime import date

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from clinic import plain
from clinic.errors import DomainError
from clinic.fields import AT_MOST
from clinic.i18n import say
from clinic.outside import a_day

Errors = dict[str, str]
LONGEST = 20_000  # characters of a field that is shown again


def typed_in(form: MultiDict[str, str]) -> dict[str, str]:
    """The first value of each field."""
    return {name: value.strip()[:LONGEST] for name, value in form.items()}


def text_in(
    typed: Mapping[str, str],
    name: str,
    errors: Errors,
    *,
    most: int,
    reader: Callable[[str], str] = plain.note,
    required: str = "",
) -> str:
    """A text of at most so many characters; `required` is said where nothing was typed."""
    try:
        text = reader(typed.get(name, ""))
    except DomainError as refused:
        errors[name] = say(refused)
        return ""
    if not text and required:
        errors[name] = required
    if len(text) > most:
        errors[name] = gettext(AT_MOST, most=most)
        return ""
    return text


def day_in(typed: Mapping[str, str], name: str, errors: Errors) -> date | None:
    """A day; None where nothing was typed."""
    if not typed.get(name):
        return None
    day = a_day(typed[name])
    if day is None:
        errors[name] = gettext("Enter a day, as 2026-03-01.")
    return day
