"""The opening hours of a week: typed as `08:00-11:30, 13:30-17:00`, and changed. Verbs flush."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from itertools import pairwise

from clinic import audit, plain
from clinic.accounts.models import Person
from clinic.centres.models import Centre, OpeningHours
from clinic.db import db
from clinic.errors import DomainError
from clinic.outside import a_time
from clinic.sentences import mark

Spell = tuple[time, time]  # from when to when the doors are open
Week = Mapping[int, Sequence[Spell]]  # by weekday, Monday is 0; a day without spells is closed
BETWEEN = re.compile(r"[,，、;；\s]+")
MOST_SPELLS = 6


class NotHours(DomainError):
    message = mark("Enter the hours as 08:00-11:30, 13:30-17:00; leave a closed day empty.")


class EndsBeforeItBegins(DomainError):
    message = mark("%(spell)s ends before it begins.")


class Overlapping(DomainError):
    message = mark("%(one)s and %(other)s overlap.")


def spells(typed: str) -> tuple[Spell, ...]:
    """The spells of a day in their order; none if nothing was typed.

    Raises NotHours, EndsBeforeItBegins, Overlapping, plain.HiddenSigns.
    """
    text = plain.line(typed).translate(plain.FULL_WIDTH)
    text = re.sub(f"\\s*[{plain.DASHES}~〜至到]\\s*", "-", text)
    found = sorted(_spell(part) for part in BETWEEN.split(text) if part)
    if len(found) > MOST_SPELLS:
        raise NotHours
    for before, after in pairwise(found):
        if after[0] < before[1]:
            raise Overlapping(one=written(before), other=written(after))
    return tuple(found)


def _spell(text: str) -> Spell:
    opens, _, closes = text.partition("-")
    first, last = a_time(opens), a_time(closes)
    if first is None or last is None:
        raise NotHours
    if last <= first:
        raise EndsBeforeItBegins(spell=text)
    return first, last


def written(spell: Spell) -> str:
    """`08:00-11:30`."""
    return f"{spell[0]:%H:%M}-{spell[1]:%H:%M}"


def week_of(doors: Iterable[OpeningHours]) -> dict[int, list[Spell]]:
    """The hours as they are, by weekday."""
    week: dict[int, list[Spell]] = {}
    for row in doors:
        week.setdefault(row.weekday, []).append((row.opens, row.closes))
    return week


def doors_of(week: Week) -> list[OpeningHours]:
    """Rows of that week, which belong to no centre yet."""
    return [
        OpeningHours(weekday=weekday, opens=opens, closes=closes)
        for weekday, day in sorted(week.items())
        for opens, closes in day
    ]


def set_week(centre: Centre, week: Week, *, by: Person, now: datetime) -> bool:
    """Give the centre these hours; whether anything changed. Sessions stay as they are."""
    if doors_as_pairs(doors_of(week)) == doors_as_pairs(centre.opening_hours):
        return False
    for row in list(centre.opening_hours):
        db.session.delete(row)
    new = doors_of(week)
    for row in new:
        row.centre_id = centre.id
    db.session.add_all(new)
    db.session.flush()
    db.session.expire(centre, ["opening_hours"])
    audit.record("change opening hours", centre, by=by.id, now=now, centre_id=centre.id)
    return True


def doors_as_pairs(doors: Iterable[OpeningHours]) -> list[tuple[int, time, time]]:
    """What can be compared of them."""
    return sorted((row.weekday, row.opens, row.closes) for row in doors)
