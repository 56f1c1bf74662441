"""An answer to a question, and how answers are written down. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

YES = "yes"


@dataclass(frozen=True)
class Answer:
    """What was chosen, or the number that was typed, as plain text; and a day where one is asked for."""

    value: str
    day: date | None = None

    @property
    def is_yes(self) -> bool:
        """To a question that is answered yes or no."""
        return self.value == YES

    @property
    def number(self) -> Decimal | None:
        """Of a question that asks for one; None for anything else."""
        try:
            number = Decimal(self.value)
        except InvalidOperation:
            return None
        return number if number.is_finite() else None


Written = dict[str, list[str | None]]  # by question: what was answered, and the day


def written(answers: Mapping[str, Answer]) -> Written:
    """As they are kept."""
    return {
        code: [answer.value, answer.day.isoformat() if answer.day else None]
        for code, answer in answers.items()
    }


def read_back(kept: Mapping[str, list[str | None]]) -> dict[str, Answer]:
    """What was kept."""
    return {
        code: Answer(str(value), date.fromisoformat(day) if day else None)
        for code, (value, day) in kept.items()
    }


def is_fresh(answered_at: datetime, now: datetime, good_for: timedelta) -> bool:
    """Whether answers of that moment still hold."""
    return now - answered_at <= good_for
