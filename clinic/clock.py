"""The one place that knows what time it is, and what the clock on the clinics' wall shows.

Views and commands ask `now` and hand the answer down. The clinics of one site share one time
zone; `create_app` sets it from the configuration.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_zone = ZoneInfo("Asia/Shanghai")


def use_zone(name: str) -> None:
    """Set the clinics' zone, once at start."""
    global _zone  # noqa: PLW0603 - one site, one zone, set once
    _zone = ZoneInfo(name)


def zone() -> ZoneInfo:
    """The clinics' time zone."""
    return _zone


def now() -> datetime:
    """The present moment, timezone-aware, in UTC."""
    return datetime.now(UTC)


def local(moment: datetime) -> datetime:
    """The moment as the clock on the clinic's wall shows it."""
    return moment.astimezone(_zone)


def clinic_day(moment: datetime) -> date:
    """The calendar day at the clinic."""
    return local(moment).date()


def at(day: date, wall: time) -> datetime:
    """The moment, in UTC, at which the clinic's wall clock shows that time on that day."""
    return datetime.combine(day, wall, tzinfo=_zone).astimezone(UTC)


def day_bounds(day: date, days: int = 1) -> tuple[datetime, datetime]:
    """The half-open [start, end) of `days` clinic days from that day, in UTC."""
    return at(day, time.min), at(day + timedelta(days=days), time.min)
