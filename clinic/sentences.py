"""Sentences that a person will read: written in English here, put into their language where they are shown. Pure."""

from collections.abc import Mapping
from typing import Protocol


class Sentence(Protocol):
    """Anything with an English msgid and its parameters: a DomainError, an Objection."""

    @property
    def message(self) -> str: ...

    @property
    def params(self) -> Mapping[str, object]: ...


def mark(msgid: str) -> str:
    """Mark a text for translation where it is written; it is translated where it is shown."""
    return msgid
