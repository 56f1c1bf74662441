"""Why staff find no free time on a day: it is over, a holiday, closed, not open yet, or taken."""

from datetime import date, datetime

from clinic.centres.days import holiday_on
from clinic.centres.models import Centre, Service
from clinic.centres.queries import closures_by_day
from clinic.centres.years import calendars
from clinic.clock import clinic_day, day_bounds
from clinic.i18n import name_of
from clinic.scheduling.policies.stored import policy_for
from clinic.scheduling.search.why_none import why_none
from clinic.scheduling.timetable.extending import horizon
from clinic.scheduling.verdict.rules import Objection
from clinic.scheduling.verdict.slot_times import SlotTime, find_slot_times
from clinic.sentences import mark

OVER = Objection("past", mark("That day is over."))
ENDED = Objection("past", mark("The hours of this day are over."))
TAKEN = Objection("taken", mark("Fully booked on this day."))


def why_nothing_is_free(service: Service, centre: Centre, day: date, now: datetime) -> Objection:
    """Why `on_behalf.free_times` gives nothing for that service there on that day.

    Up to the horizon the rota has made its sessions: a day without any has none.
    """
    if day < clinic_day(now):
        return OVER
    start, end = day_bounds(day)
    known, opens = calendars([day.year]), policy_for(service.id, centre.id).releases_at(day)
    closures = closures_by_day([centre.id], start, end)

    def against(slot_time: SlotTime) -> list[Objection]:
        return [ENDED if slot_time.ends_at <= now else TAKEN]

    return why_none(
        find_slot_times(service, [centre.id], start, end, now=now, online=False),
        against,
        holiday=holiday_on(day, known),
        is_known=day.year in known,
        closed_because=name_of(closures[0][1], "reason") if closures else "",
        filtered=False,
        opens=opens if opens > now and day > clinic_day(now) + horizon() else None,
    )
