"""The CDC's reckoning of dates. Pure."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

TERM = re.compile(r"\s*([+-]?)\s*(\d+)\s*(day|week|month|year)s?\b", re.IGNORECASE)
MONTHS = {"month": 1, "year": 12}
DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class CdcPeriod:
    """An age or an interval: calendar months first, then days."""

    months: int
    days: int

    def after(self, day: date) -> date:
        """The day so long after that day. ValueError beyond the year 9999.

        A day that its month does not have becomes the first of the next month (CALCDT-5); the
        national programme takes the last of the month instead (clinic.ages).
        """
        year, month = divmod(day.year * 12 + day.month - 1 + self.months, 12)
        try:
            moved = date(year, month + 1, day.day)
        except ValueError:
            year, month = divmod(year * 12 + month + 1, 12)
            moved = date(year, month + 1, 1)
        return moved + timedelta(days=self.days)


@cache
def period(text: str) -> CdcPeriod:
    """`6 months - 4 days`. ValueError for anything else."""
    months, days, rest = 0, 0, text
    while rest.strip():
        found = TERM.match(rest)
        if found is None:
            raise ValueError(f"not a period: {text!r}")
        count = -int(found[2]) if found[1] == "-" else int(found[2])
        unit = found[3].lower()
        months += count * MONTHS.get(unit, 0)
        days += count * DAYS.get(unit, 0)
        rest = rest[found.end() :]
    return CdcPeriod(months, days)
