"""What a process remembers of the database: each thing as it was at one version, which the database counts.

Read the version before what it speaks of: what is newer than its number is then only read again
too early. A transaction that changed something itself must not remember it: it may be rolled back.
"""

from collections.abc import Mapping
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from clinic.db import db

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Things by key, each at one version, of the database in use; when there are too many, the oldest go."""

    def __init__(self) -> None:
        self._of: WeakKeyDictionary[Engine, dict[K, tuple[object, V]]] = WeakKeyDictionary()

    def at(self, key: K, version: object) -> V | None:
        """The thing at this version; None if it is remembered at another, or not at all."""
        found = self._here().get(key)
        return found[1] if found is not None and found[0] == version else None

    def all_at(self, versions: Mapping[K, object]) -> dict[K, V]:
        """Those of these things that are remembered at these versions."""
        here = self._here()
        found = ((key, here.get(key), version) for key, version in versions.items())
        return {key: kept[1] for key, kept, version in found if kept and kept[0] == version}

    def last(self, key: K) -> V | None:
        """The thing at whatever version it was read last."""
        found = self._here().get(key)
        return found[1] if found is not None else None

    def put(self, key: K, version: object, value: V, *, most: int) -> None:
        """Remember it, and `most` things at most."""
        here = self._here()
        here.pop(key, None)  # it is the newest now
        here[key] = (version, value)
        if len(here) > most:
            for oldest in list(here)[: len(here) - most]:
                here.pop(oldest, None)

    def __len__(self) -> int:
        """How many things are remembered of the database in use."""
        return len(self._here())

    def _here(self) -> dict[K, tuple[object, V]]:
        return self._of.setdefault(db.engine, {})
