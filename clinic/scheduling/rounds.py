"""A round of a worker: one thing after another, each in a transaction of its own."""

import logging
from collections.abc import Callable
from functools import partial
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
        try:
            return in_one_transaction(partial(verb, row_id))
        except POISON as error:
            self.errors += 1
            log.warning("%s %s: %s", what, row_id, type(error).__name__)
            return None
