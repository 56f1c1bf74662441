"""What a family answered with yes before a visit, and what the desk heard about it since. Types only."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from clinic.accounts.models import Person
from clinic.scheduling.models import Appointment


class Question(Protocol):
    """A question, in both languages."""

    @property
    def code(self) -> str: ...
    @property
    def text_zh(self) -> str: ...
    @property
    def text_en(self) -> str: ...


class Heard(Protocol):
    """What the desk wrote down."""

    at: datetime
    note: str


class Answers(Protocol):
    """The questions answered with yes before one visit. `is_old`: they count no more."""

    @property
    def screening_id(self) -> int: ...
    @property
    def yes(self) -> Sequence[Question]: ...
    @property
    def still(self) -> Sequence[Question]: ...
    @property
    def answered_at(self) -> datetime: ...
    @property
    def is_old(self) -> bool: ...
    @property
    def asked(self) -> Heard | None: ...
    @property
    def degrees(self) -> Decimal | None: ...


class AsksAgain(Protocol):
    """How a room has its questions asked again at the desk: a module with these functions."""

    MEASURED: str  # the code of the question that a thermometer answers

    def health_of(self, appointment_ids: Collection[int], now: datetime) -> Mapping[int, Answers]:
        """By appointment, for those whose last answers have a yes."""

    def must_ask(self, appointment: Appointment, now: datetime) -> bool:
        """Whether the desk has yet to ask about these answers today."""

    def ask_again(
        self,
        appointment: Appointment,
        health: Answers,
        *,
        still: Sequence[str],
        tenths: int | None,
        note: str,
        by: Person,
        now: datetime,
    ) -> object:
        """Keep what the desk heard; `tenths` of a degree Celsius."""
