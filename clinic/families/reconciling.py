"""When a child's record changes, what hangs on it is looked at again, in the same transaction.

A verb that changes what a child was given, what is true of it or its birth date, or that ends a
guardianship, does so inside `reconciled`. The rooms above say what hangs on a record there: the ages of booked
visits, reserved doses, offers. `app` puts them into `DEPENDENTS`, in the order in which they lock.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Protocol

from clinic.accounts.models import Person
from clinic.db import db


class Dependents(Protocol):
    """What of one room hangs on children's records: a module with these functions."""

    def must_fit(self, child_id: int, birth_date: date) -> None:
        """Raise DomainError if something on record happened before that birth."""

    def lock(self, child_ids: Collection[int]) -> None:
        """Lock what `reconcile` may change."""

    def reconcile(self, child_ids: Collection[int], *, by: Person, now: datetime) -> None:
        """Bring what hangs on these records in line with them. As many queries for one as for many."""


DEPENDENTS: Sequence[Dependents] = ()  # `app` fills it


@contextmanager
def reconciled(child_ids: Collection[int], *, by: Person, now: datetime) -> Iterator[None]:
    """Around a change of these children's records; it locks first and looks afterwards."""
    for room in DEPENDENTS:
        room.lock(child_ids)
    yield
    reconcile(child_ids, by=by, now=now)


def reconcile(child_ids: Collection[int], *, by: Person, now: datetime) -> None:
    """The same for callers that have locked the children: a visit of theirs was booked, moved or ended."""
    db.session.flush()
    for room in DEPENDENTS:
        room.reconcile(child_ids, by=by, now=now)


def must_fit(child_id: int, birth_date: date) -> None:
    """Raise the sentence that says what is on record before that birth, if anything is."""
    for room in DEPENDENTS:
        room.must_fit(child_id, birth_date)
