"""Slots that follow one another. Pure."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar


class Piece(Protocol):
    """A slot: it lasts until a moment, at which the next begins."""

    @property
    def ends_at(self) -> datetime: ...


P = TypeVar("P", bound=Piece)


def consecutive(
    slot_at: Callable[[datetime], P | None], starts_at: datetime, ends_at: datetime
) -> list[P]:
    """The slots one after another from `starts_at` until `ends_at` or later; none if one is missing."""
    found, moment = [], starts_at
    while moment < ends_at:
        slot = slot_at(moment)
        if slot is None:
            return []
        found.append(slot)
        moment = slot.ends_at
    return found
