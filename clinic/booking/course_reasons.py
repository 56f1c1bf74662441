"""Why a session of a course is not on the day that its pattern asks for. It only reads."""

from collections.abc import Sequence
from datetime import date, datetime

from clinic.booking.strip import opens_at
from clinic.centres.days import holiday_on
from clinic.centres.models import Centre
from clinic.centres.years import calendars
from clinic.clock import clinic_day, day_bounds
from clinic.i18n import name_of
from clinic.scheduling.policies.stored import policy_for
from clinic.scheduling.search.catalogue import last_known
from clinic.scheduling.search.courses import Course
from clinic.scheduling.search.together import ChildObjections, objections_of
from clinic.scheduling.search.why_none import why_none
from clinic.scheduling.verdict.rules import Objection
from clinic.scheduling.verdict.slot_times import SlotTime, find_slot_times


def reasons_of(course: Course, centre: Centre, *, now: datetime) -> dict[date, Objection]:
    """By day: why each day that the pattern asks for has nothing, the one with which it stops too."""
    missed = {
        sitting.asked_for: number
        for number, sitting in enumerate(course.sittings)
        if sitting.why == "other_day"
    }
    if course.missing:
        missed[course.missing] = len(course.sittings)
    if not missed:
        return {}
    start, end = day_bounds(min(missed), (max(missed) - min(missed)).days + 1)
    service = course.wish.service
    found = find_slot_times(service, [centre.id], start, end, now=now, everything=True)
    against = objections_of(course.wish, now=now)

    def why(day: date, number: int) -> Objection:
        before = [sitting.offer for sitting in course.sittings[:number]]
        theirs = [slot_time for slot_time in found if clinic_day(slot_time.starts_at) == day]
        return _why(course, day, theirs, against.beside(before), centre)

    return {day: why(day, number) for day, number in missed.items()}


def _why(
    course: Course, day: date, theirs: Sequence[SlotTime], against: ChildObjections, centre: Centre
) -> Objection:
    """Why that day has nothing for the next session."""
    known, now = calendars([day.year]), against.now
    closure = last_known().closure_at(centre.id, *day_bounds(day))
    opens = opens_at([policy_for(course.wish.service.id, centre.id)], day)
    return why_none(
        theirs,
        against,
        holiday=holiday_on(day, known),
        is_known=day.year in known,
        closed_because=name_of(closure, "reason") if closure else "",
        filtered=False,
        opens=opens if opens > now else None,
    )
