"""Shares that may be shown to managers: nothing that speaks of a few children. Pure.

From 1 to 9 children (or a share of fewer than 10) one could find out who they are, with what one
knows from elsewhere; the number 10 is an operating choice. What is hidden must not follow from
what is shown: where a line with its sum would give it away, the next smallest is hidden too.
"""

from collections.abc import Hashable, Mapping
from typing import NamedTuple

FEWEST = 10
ALL = "all"  # the row and the column of the sums
Key = tuple[Hashable, Hashable]


class Share(NamedTuple):
    """So many of so many children."""

    part: int
    whole: int

    @property
    def is_small(self) -> bool:
        """Whether it speaks of a few."""
        return 0 < self.whole < FEWEST or 0 < self.part < FEWEST

    @property
    def percent(self) -> int:
        """Rounded to whole percent."""
        return round(100 * self.part / self.whole)


def with_sums(cells: Mapping[Key, Share]) -> dict[Key, Share]:
    """The table with its sums, as row `ALL` and column `ALL`."""
    found: dict[Key, Share] = dict(cells)
    for (row, column), one in cells.items():
        for key in ((row, ALL), (ALL, column), (ALL, ALL)):
            before = found.get(key, Share(0, 0))
            found[key] = Share(before.part + one.part, before.whole + one.whole)
    return found


def hidden(table: Mapping[Key, Share]) -> set[Key]:
    """What of a table with its sums is not shown.

    Beside what is small: as much more, the smallest first, as it takes that no hidden number
    follows from the sums, nor the sum of hidden ones in a line if that is small.
    """
    away = {key for key, one in table.items() if one.is_small}
    while more := _more(table, away):
        away.add(min(more, key=lambda key: (table[key].whole, table[key].part, str(key))))
    return away


def _more(table: Mapping[Key, Share], away: set[Key]) -> list[Key]:
    """Of which one more has to be hidden; none if that is enough."""
    shown = [key for key, one in table.items() if key not in away and one.whole]
    for key in sorted(away, key=str):
        lines = _lines(table, key)
        near = [one for one in shown if any(one in line for line in lines)]
        if near and _follows(key, away):
            return [one for one in shown if not _follows(key, away | {one})] or near
        for line in lines:
            gone = [one for one in line if one in away]
            left = [one for one in line if one in shown]
            if left and not any(ALL in one for one in gone) and _together(table, gone):
                return left
    return []


def _together(table: Mapping[Key, Share], gone: list[Key]) -> bool:
    """Whether these are few even together."""
    parts, wholes = (sum(table[one][at] for one in gone) for at in (0, 1))
    return Share(parts, wholes).is_small


def _follows(key: Key, away: set[Key]) -> bool:
    """Whether a hidden number can be worked out from those that are shown.

    Rows and columns are equations, each cell stands in two of them: it follows if and only if no
    ring of other hidden cells leads from its row back to its column.
    """
    row, column = key
    others = away - {key}
    reached: set[tuple[str, Hashable]] = {("row", row)}
    while True:
        new = {("column", c) for r, c in others if ("row", r) in reached}
        new |= {("row", r) for r, c in others if ("column", c) in reached}
        if new <= reached:
            return ("column", column) not in reached
        reached |= new


def _lines(table: Mapping[Key, Share], key: Key) -> list[list[Key]]:
    """The row and the column of a cell."""
    return [[one for one in table if one[at] == key[at]] for at in (0, 1)]
