"""How one service is booked at one centre: the values that a policy has, and their defaults. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from clinic.clock import at


@dataclass(frozen=True)
class Policy:
    """How one service is booked at one centre."""

    notice_to_book: int = 30  # minutes before it begins; online only, as the next two
    notice_to_move: int = 30
    notice_to_cancel: int = 30
    release_days: int = 14  # 放号: so many days ahead
    release_time: time = time(18)
    desk_keeps_until_days: int = 1  # what the desk kept is open online from so many days before
    desk_keeps_until_time: time = time(18)
    rush_minutes: int = 30  # after a release: what is given back meanwhile rests a little
    rest_seconds: int = 240  # at most so long
    holds_per_family: int = 4  # places kept at once while forms are filled in
    per_day: int = 1  # appointments of a child for this service on one day, booked online
    per_week: int = 5  # and in one week, Monday to Sunday
    urgent: bool = False  # never paused after missed visits
    absences: tuple[tuple[int, int], ...] = ((2, 14), (3, 30))  # (missed visits, days paused)
    absences_within_days: int = 180
    late_after: int = 15  # minutes: then the visit goes behind those who are on time
    offer_minutes: int = 30  # how long a place found for a waiting family is theirs alone
    new_time_hours: int = 24  # how long new times are kept for families whose hours were changed

    def releases_at(self, day: date) -> datetime:
        """When the places of that day open for booking online."""
        return at(day - timedelta(days=self.release_days), self.release_time)

    def desk_keeps_until(self, day: date) -> datetime:
        """When the places that the desk kept for that day open online too."""
        return at(day - timedelta(days=self.desk_keeps_until_days), self.desk_keeps_until_time)


DEFAULT = Policy()
NEVER_PAUSED: set[str] = set()  # kinds of service that say so of themselves, whatever is set
