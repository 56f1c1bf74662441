"""One entry of a booklet: what may be recorded at all. Pure."""

from dataclasses import dataclass
from datetime import date

from clinic.errors import DomainError
from clinic.sentences import mark
from clinic.vaccination.programme.catalogue import vaccines


class UnknownVaccine(DomainError):
    message = mark("We do not know this vaccine.")


class DoseBeforeBirth(DomainError):
    message = mark("This day is before the child was born.")


class NotYetGiven(DomainError):
    message = mark("This day is in the future.")


class GivenTwice(DomainError):
    message = mark("This vaccine is recorded for that day already.")


@dataclass(frozen=True)
class Entry:
    """One vaccine given on one day; the dose number if it is known."""

    vaccine: str
    given_on: date
    dose_number: int | None = None


def check(entry: Entry, birth_date: date, today: date) -> None:
    """Pure: a known vaccine, given between birth and today. Raises the one sentence to say."""
    if entry.vaccine not in vaccines():
        raise UnknownVaccine
    if entry.given_on < birth_date:
        raise DoseBeforeBirth
    if entry.given_on > today:
        raise NotYetGiven
