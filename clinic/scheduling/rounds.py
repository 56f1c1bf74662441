"""A round of a worker: one thing after another, each in a transaction of its own."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy.exc import IntegrityError, NoResultFound
from sqlalchemy.orm.exc import StaleDataError

from clinic.db import in_one_transaction
from clinic.errors import DomainError

T = TypeVar("T")
POISON = (DomainError, IntegrityError, NoResultFound, StaleDataError)
log = logging.getLogger(__name__)


class Round:
    """Does one thing after another; what fails is told, counted and left for the next round."""

    def __init__(self) -> None:
        self.errors = 0

    def do(self, what: str, row_id: int, verb: Callable[[int], T]) -> T | None:
        """Do it for that row. None if it fails."""
        try:
            return in_one_transaction(lambda: verb(row_id))
        except POISON as error:
            self.errors += 1
            log.warning("%s %s: %s", what, row_id, type(error).__name__)
        return None

    def attempt(self, verb: Callable[[], T]) -> T | None:
        """Do what can be done in another way if this fails: then None, and nothing is told."""
        try:
            return in_one_transaction(verb)
        except POISON:
            return None

    def do_together(
        self, what: str, claim: Callable[[], Sequence[int]], verb: Callable[[Sequence[int]], T]
    ) -> "Done[T]":
        """Claim rows and do it for all of them, in one transaction; one by one if that fails."""
        row_ids: list[int] = []

        def both() -> T | None:
            row_ids[:] = claim()
            return verb(row_ids) if row_ids else None

        done = self.attempt(both)
        if done is None and row_ids:
            alone = {row_id: self.do(what, row_id, lambda n: verb([n])) for row_id in row_ids}
            failed = [row_id for row_id, its in alone.items() if its is None]
            return Done(row_ids, [its for its in alone.values() if its is not None], failed)
        return Done(row_ids, [done] if done is not None else [], [])


@dataclass(frozen=True)
class Done(Generic[T]):
    """The rows that were claimed, what was done for them, and those for which it failed."""

    row_ids: Sequence[int]
    results: Sequence[T]
    failed: Sequence[int]
