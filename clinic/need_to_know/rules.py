"""When a child's record opens to staff of a centre: one rule. Pure.

Days are the clinics'. How many they are is the house's own choice, unverified: the sources that we
have name no number.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

SOON = timedelta(days=14)
LATELY = timedelta(days=30)
OPEN_FOR = timedelta(minutes=60)  # after a reason was typed, for that person and that child


class Why(StrEnum):
    """Why it is open, the nearest reason first."""

    TODAY = "today"
    SOON = "soon"
    LATELY = "lately"
    TO_COME = "to come"  # later than soon: for the booking only, not for the record
    OWN = "own"
    OPENED = "opened"


@dataclass(frozen=True)
class NearVisit:
    """A child's visit at the centre: its clinic day and moment, and whether the person sees the child.

    `cancelled_on` is the clinic day on which it was cancelled, if it was.
    """

    day: date
    at: datetime
    is_own: bool = False
    cancelled_on: date | None = None


@dataclass(frozen=True)
class Reason:
    """Why a record is open: by the visit at that moment, or, where it was opened, until then."""

    why: Why
    at: datetime


def reason_to_see(
    visits: Iterable[NearVisit], today: date, *, for_booking: bool = False
) -> Reason | None:
    """The nearest reason to see the child; None if there is none.

    A visit counts from 14 days before its day until 30 days after it, one's own always. For the
    booking alone (`for_booking`) also any visit to come, and a cancelled one as if it stood: the
    family calls about it. Else a cancelled visit counts until the day of the cancellation ends, so
    that what was being written about it is not lost.
    """
    found = [reason for visit in visits if (reason := _reason(visit, today, for_booking))]
    order = list(Why)
    return min(found, key=lambda reason: order.index(reason.why), default=None)


def _reason(visit: NearVisit, today: date, for_booking: bool) -> Reason | None:
    if visit.cancelled_on and visit.cancelled_on < today and not for_booking:
        return None
    ahead = visit.day - today
    if not ahead:
        return Reason(Why.TODAY, visit.at)
    if timedelta(0) < ahead <= SOON:
        return Reason(Why.SOON, visit.at)
    if timedelta(0) < -ahead <= LATELY:
        return Reason(Why.LATELY, visit.at)
    if visit.is_own:
        return Reason(Why.OWN, visit.at)
    return Reason(Why.TO_COME, visit.at) if for_booking and ahead > SOON else None
