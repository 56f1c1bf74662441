"""The days on which the demo city is open."""

from datetime import timedelta

from clinic import clock
from clinic.centres.days import holiday_on
from clinic.centres.years import calendars

SUNDAY = 6


def next_open_day():
    """The first day after today on which the demo's centres work."""
    day = clock.clinic_day(clock.now()) + timedelta(days=1)
    while holiday_on(day, calendars([day.year])) or day.weekday() == SUNDAY:
        day += timedelta(days=1)
    return day
