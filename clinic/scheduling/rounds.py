"""A round of a worker: one thing after another, each in a transaction of its own."""

import logging
from collections.abc import Callable
from typing import TypeVar

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
        return self.do_next(what, lambda: row_id, verb)[1]

    def do_next(
        self, what: str, claim: Callable[[], int | None], verb: Callable[[int], T]
    ) -> tuple[int | None, T | None]:
        """Claim a row and do it, in one transaction. Its id, None if there is none; what was done."""
        claimed: list[int] = []

        def both() -> T | None:
            claimed[:] = [row_id] if (row_id := claim()) is not None else []
            return verb(claimed[0]) if claimed else None

        done = None
        try:
            done = in_one_transaction(both)
        except POISON as error:
            self.errors += 1
            log.warning("%s %s: %s", what, claimed[0], type(error).__name__)
        return next(iter(claimed), None), done
