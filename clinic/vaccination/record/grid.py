"""Which doses the booklet's page shows, and in what order. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from clinic.vaccination.programme.catalogue import Vaccine, vaccines
from clinic.vaccination.programme.national import Period, period
from clinic.vaccination.record.models import Immunization


@dataclass(frozen=True)
class BookletRow:
    """A dose: when it is usual, and what is recorded of it."""

    vaccine: Vaccine
    number: int
    age: Period
    usual: date
    rows: list[Immunization] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of its field."""
        return f"{self.vaccine.code}-{self.number}"


@dataclass(frozen=True)
class Grid:
    """The programme's doses by usual age; its other kinds, the paid ones; and what fits nowhere."""

    by_age: list[tuple[Period, list[BookletRow]]]
    other_kinds: list[BookletRow]
    paid: list[BookletRow]
    rest: list[Immunization]

    @property
    def lines(self) -> list[BookletRow]:
        """All that have a field or a record."""
        return [
            *(booklet_row for _, group in self.by_age for booklet_row in group),
            *self.other_kinds,
            *self.paid,
        ]


def grid(birth_date: date, is_girl: bool, history: Sequence[Immunization], today: date) -> Grid:
    """Doses that are usual up to today's age, and what is recorded."""
    recorded: dict[tuple[str, int | None], list[Immunization]] = {}
    for row in history:
        recorded.setdefault((row.vaccine, row.dose_number), []).append(row)
    lines = []
    for vaccine in vaccines().values():
        for number, text in vaccine.doses.items():
            age = period(text)
            rows = recorded.pop((vaccine.code, number), [])
            is_usual = age.after(birth_date) <= today and (is_girl or vaccine.sex != "F")
            if rows or is_usual:
                lines.append(BookletRow(vaccine, number, age, age.after(birth_date), rows))
    lines.sort(key=lambda one: (one.usual, one.age.months, one.age.days))
    usual = [line for line in lines if line.vaccine.is_programme and line.vaccine.is_for_everyone]
    other = [
        line for line in lines if line.vaccine.is_programme and not line.vaccine.is_for_everyone
    ]
    return Grid(
        [(age, list(group)) for age, group in groupby(usual, key=lambda one: one.age)],
        other,
        [line for line in lines if not line.vaccine.is_programme],
        [row for rows in recorded.values() for row in rows],
    )
