"""Ages as the field counts them. Pure.

The official texts are silent on month ends (born on the 31st); the convention used here, as in
the field: the last day of a shorter month completes the month.
"""

from calendar import monthrange
from datetime import date


def add_months(day: date, months: int) -> date:
    """The day `months` later, or that month's last day where it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def age_months(birth_date: date, on: date) -> int:
    """Completed months of age on that day; negative before birth."""
    months = (on.year - birth_date.year) * 12 + on.month - birth_date.month
    return months if add_months(birth_date, months) <= on else months - 1
