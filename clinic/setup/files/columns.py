"""The columns of set-up files: their names, and how a cell is read and written. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from itertools import pairwise
from typing import Any

from clinic import plain
from clinic.amounts import fen_of, yuan
from clinic.errors import DomainError
from clinic.outside import a_time
from clinic.sentences import mark

YES, NO = ("yes", "y", "true", "1", "是"), ("no", "n", "false", "0", "否", "")
CODE = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
Span = tuple[time, time]


class IsMissing(DomainError):
    message = mark("This must not be empty.")


class TooLong(DomainError):
    message = mark("At most %(most)s characters, please.")


class NotYesOrNo(DomainError):
    message = mark("Write yes or no.")


class NotBetween(DomainError):
    message = mark("Write a whole number from %(low)s to %(high)s.")


class OddCode(DomainError):
    message = mark("A code has small letters, digits and single hyphens; a letter first.")


class NotHours(DomainError):
    message = mark("Write hours as 08:00-11:30; 13:30-17:00, each ending after it begins.")


class NotDegrees(DomainError):
    message = mark("Write degrees as a number, as 30.2741.")


@dataclass(frozen=True)
class Column:
    """A column: its name in files, in Chinese and in English, and how its cells are read and shown.

    `read` raises a DomainError that says what is wrong; what it gives, `show` writes again.
    """

    key: str
    zh: str
    read: Callable[[str], Any]
    show: Callable[[Any], str] = str
    is_required: bool = False
    called: str = ""  # in files, where that is another word

    @property
    def header(self) -> str:
        """Its name in a file that is written: both languages, so that everybody can read it."""
        return f"{self.zh} {self.called or self.key}"

    @property
    def names(self) -> set[str]:
        """What it may be called in a file that is read."""
        word = self.called or self.key
        return {word, self.zh, self.header.lower(), word.replace("_", " ")}

    def value(self, cell: str) -> Any:
        """What the cell says. Raises a DomainError."""
        if self.is_required and not cell.strip():
            raise IsMissing
        return self.read(cell)


def text(most: int, reader: Callable[[str], str] = plain.line) -> Callable[[str], str]:
    """A reader of texts of at most so many characters."""

    def read(cell: str) -> str:
        found = reader(cell)
        if len(found) > most:
            raise TooLong(most=most)
        return found

    return read


def whole(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers within these."""

    def read(cell: str) -> int:
        try:
            found = plain.whole(cell)
        except DomainError as refused:
            raise NotBetween(low=low, high=high) from refused
        if not low <= found <= high:
            raise NotBetween(low=low, high=high)
        return found

    return read


def yes_or_no(cell: str) -> bool:
    """Yes or no, in either language; an empty cell is no. Raises NotYesOrNo."""
    word = plain.signs(cell).lower()
    if word not in (*YES, *NO):
        raise NotYesOrNo
    return word in YES


def code(cell: str) -> str:
    """A code as it stands in addresses. Raises OddCode."""
    found = plain.signs(cell).lower()
    if not CODE.fullmatch(found) or len(found) > 40:
        raise OddCode
    return found


def codes(cell: str) -> tuple[str, ...]:
    """Codes with semicolons between, in alphabetical order. Raises OddCode."""
    parts = re.split(r"[;；,，、\s]+", plain.line(cell))
    return tuple(sorted({code(part) for part in parts if part}))


def words(cell: str) -> tuple[str, ...]:
    """Short words with semicolons between, as they come."""
    return tuple(part for part in re.split(r"[;；,，、\s]+", plain.line(cell)) if part)


def joined(value: tuple[str, ...] | list[str]) -> str:
    """Several in one cell."""
    return "; ".join(value)


def price(cell: str) -> int | None:
    """A price in yuan as fen; an empty cell is no price. Raises NotAPrice."""
    return fen_of(cell) if cell.strip() else None


def shown_price(fen: int | None) -> str:
    """The same, written."""
    return "" if fen is None else yuan(fen)


def degrees(cell: str) -> float:
    """Latitude or longitude. Raises NotDegrees."""
    try:
        found = float(plain.number(cell))
    except DomainError as refused:
        raise NotDegrees from refused
    if not -180 <= found <= 180:
        raise NotDegrees
    return found


def hours(cell: str) -> tuple[Span, ...]:
    """The spans of a day, in order; an empty cell: closed. Raises NotHours."""
    spans = []
    for part in re.split(r"[;；,，、]+", plain.line(cell.translate(plain.FULL_WIDTH))):
        if not part.strip():
            continue
        ends = [a_time(end.strip()) for end in re.split(r"[-–—~～至]+", part)]
        if len(ends) != 2 or ends[0] is None or ends[1] is None or ends[0] >= ends[1]:
            raise NotHours
        spans.append((ends[0], ends[1]))
    spans.sort()
    if any(earlier[1] > later[0] for earlier, later in pairwise(spans)):
        raise NotHours
    return tuple(spans)


def shown_hours(spans: tuple[Span, ...]) -> str:
    """The same, written."""
    return "; ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in spans)


def shown_yes(value: bool) -> str:
    """Yes or no, written."""
    return "yes" if value else "no"
