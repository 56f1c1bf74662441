"""The days and free times that the chooser shows, and why there are none. It writes nothing."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from clinic.booking.chooser import Chooser, Free, StripDay
from clinic.booking.choosing import first
from clinic.booking.grouping import groups
from clinic.booking.queries import moved_with
from clinic.booking.strip import opens_at
from clinic.centres.days import holiday_on
from clinic.centres.models import Service
from clinic.centres.years import calendars
from clinic.clock import clinic_day, day_bounds
from clinic.i18n import language, name_of
from clinic.outside import pick
from clinic.scheduling.dayparts import part_of
from clinic.scheduling.search.day_schedules import DaySchedule, free_on, schedules_of
from clinic.scheduling.search.together import ChildObjections, Trip
from clinic.scheduling.search.trips import find_trips, joined
from clinic.scheduling.search.why_none import opens_later, why_none
from clinic.scheduling.verdict import rules
from clinic.scheduling.verdict.diaries import Diary, Patient, diary_of
from clinic.scheduling.verdict.slot_times import SlotTime, find_slot_times
from clinic.scheduling.verdict.verdict import verdict_of_day
from clinic.sentences import mark

A_PAUSE_IS_COUNTED_AGAIN = timedelta(minutes=1)
BEYOND_MAY_LAG = timedelta(minutes=1)  # the hint at what lies beyond the strip has no version
NEVER = {
    "morning": mark("There are no morning hours for this here."),
    "afternoon": mark("There are no afternoon hours for this here."),
    "evening": mark("There is no evening clinic for this here."),
}
FURTHER = 60  # days in which a first free time is looked for when the strip has none


def add_times(chooser: Chooser, now: datetime) -> None:
    """The days of the strip, and the times of the chosen one."""
    if not (chooser.child and chooser.service):
        return
    strip, today = chooser.strip, clinic_day(now)
    against = {
        day: verdict_of_day(chooser.wishes, chooser.requirements, chooser.centre_ids, day)
        for day in strip.searched
    }
    tomorrow = day_bounds(today + timedelta(days=1))[0]
    if all(against.values()):
        # What ends soon is said of the day that was asked for; else what stands to the last.
        told = against.get(strip.asked) if strip.asked else None
        chooser.refusal = first(told or against[strip.days[-1]])
        chooser.until = _until_opens(chooser, tomorrow)
        return
    search = _Search(chooser, now)
    free = {day: () if against[day] else search.free(day) for day in strip.searched}
    chooser.days = [_day(day, free[day], against[day], search) for day in strip.searched]
    chooser.day = strip.asked or _usual_day(chooser)
    chooser.groups = groups(chooser, free.get(chooser.day, ()) if chooser.day else ())
    chooser.until = _until_opens(chooser, min(tomorrow, search.until))
    if not chooser.groups:
        _say_why(chooser, free, search, now)


def _until_opens(chooser: Chooser, until: datetime) -> datetime:
    """Until then, or until a day opens of which the page says that it has not yet, or an
    announcement begins or ends."""
    days = [
        note.day for wish in chooser.wishes for note in chooser.requirements.notes(wish.child.id)
    ]
    opens = [moment for day in [*days, chooser.works_from] if (moment := chooser.opens(day))]
    told = [when for each in chooser.announcements for when in (each.starts_at, each.ends_at)]
    return min([until, *opens, *(when for when in told if when > chooser.now)])


def _day(
    day: date, free: Sequence[Free], against: Sequence[rules.Objection], search: "_Search"
) -> StripDay:
    count = sum(schedule.count for schedule in free)
    why = None if count else first(against) or search.why(day)
    return StripDay(day, count, sum(bool(schedule.count) for schedule in free), why)


def _usual_day(chooser: Chooser) -> date | None:
    """The first day with something free; of a visit that is moved, the one nearest to its own."""
    some = [day.date for day in chooser.days if day.free]
    if chooser.moving and some:
        own = clinic_day(chooser.moving.starts_at)
        return min(some, key=lambda day: abs(day - own))
    return first(some)


def _say_why(
    chooser: Chooser, free: Mapping[date, Sequence[Free]], search: "_Search", now: datetime
) -> None:
    """Why there is nothing on the chosen day, and which time is the first that works."""
    chooser.why = next((day.why for day in chooser.days if day.date == chooser.day), None)
    if chooser.day and chooser.why is None:
        chooser.why = _outside(chooser, chooser.day, now)
    with_some = [day.date for day in chooser.days if day.free]
    if with_some:
        visits_then = [trip for schedule in free[with_some[0]] for trip in schedule.visits]
        chooser.first_free = min(trip.starts_at for trip in visits_then)
        return
    chooser.first_free = search.further()
    chooser.until = min(chooser.until or now, now + BEYOND_MAY_LAG)
    if chooser.first_free is None and (never := search.never()):
        chooser.why, chooser.is_never = never, True


def _outside(chooser: Chooser, day: date, now: datetime) -> rules.Objection:
    """Why a day on which nothing is looked for cannot be had: it is over, or far away."""
    if day < clinic_day(now):
        return rules.Objection("past", mark("That day is over."))
    return opens_later(opens_at(chooser.policies, day))


class _Search:
    """The free times of what the chooser asks for, and the reasons where there are none."""

    def __init__(self, chooser: Chooser, now: datetime) -> None:
        assert chooser.service
        assert chooser.child
        self.chooser, self.now, self.days = chooser, now, chooser.strip.searched
        self.service, self.centre_ids = chooser.service, chooser.centre_ids
        policy_of = chooser.catalogue.policy_of
        self.against = [
            ChildObjections(wish, self._diary(wish.child), policy_of, now=now)
            for wish in chooser.wishes
        ]
        self.schedules = self._schedules_of(self.service)
        self.until = min(
            (day_schedule.until for day_schedule in self.schedules.values()),
            default=now + timedelta(days=1),
        )
        if any(child.diary.absences for child in chooser.children):
            self.until = min(self.until, now + A_PAUSE_IS_COUNTED_AGAIN)
        self.together = self._together() if len(chooser.wishes) > 1 else None

    def _schedules_of(self, service: Service) -> Mapping[tuple[int, date], DaySchedule]:
        policy_of, versions = self.chooser.catalogue.policy_of, self.chooser.versions
        return schedules_of(service, self.centre_ids, self.days, versions, policy_of, now=self.now)

    def _together(self) -> Mapping[tuple[int, date], Sequence[Trip]]:
        """The times at which all wishes find a place, by centre and day."""
        wishes = self.chooser.wishes
        services = {wish.service.id: wish.service for wish in wishes}
        schedules = {number: self._schedules_of(service) for number, service in services.items()}
        fitting = [
            free_on(schedules[wish.service.id], against)
            for wish, against in zip(wishes, self.against, strict=True)
        ]
        end = day_bounds(self.days[-1])[1]
        found: dict[tuple[int, date], list[Trip]] = {}
        for trip in joined(wishes, fitting, end, now=self.now):
            lead = trip.offers[0]
            if self._fits(lead):
                key = lead.centre_id, clinic_day(lead.starts_at)
                found.setdefault(key, []).append(trip)
        return found

    def _diary(self, child: Patient) -> Diary:
        moving = self.chooser.moving
        known = pick(self.chooser.children, child.id)
        if moving is None and known is not None:
            return known.diary
        moved = moved_with(moving, now=self.now) if moving else ()
        return diary_of(child.id, now=self.now, except_for=moved)

    def free(self, day: date) -> list[Free]:
        """What this family may have on that day, by centre."""
        able = [
            centre_id
            for centre_id in self.centre_ids
            if not self.chooser.requirements.lacks(centre_id, day)
        ]
        if self.together is not None:
            trips = self.together
            return [Free(centre_id, trips.get((centre_id, day), ())) for centre_id in able]
        return [self._free_of(self.schedules[centre_id, day], day, centre_id) for centre_id in able]

    def _free_of(self, schedule: DaySchedule, day: date, centre_id: int) -> Free:
        """All that is on the schedule, unless a filter, or something of the child's own, takes some away."""
        chooser, against = self.chooser, self.against[0]
        if against.all_day(day, centre_id):
            return Free(centre_id, ())
        if day not in against.busy and not chooser.practitioner and not chooser.part:
            return Free(centre_id, schedule.free, schedule)
        trips = [
            trip
            for trip in schedule.free
            if self._fits(trip.offers[0]) and not against.elsewhere(trip.offers[0], day)
        ]
        return Free(centre_id, trips)

    def _trips(self, first_day: date, days: int) -> list[Trip]:
        """The times at which all wishes find a place together, beyond the schedules."""
        start, end = day_bounds(first_day, days)
        found = find_trips(
            self.chooser.wishes,
            self.centre_ids,
            max(start, self.now),
            end,
            now=self.now,
            against=self.against,
        )
        return [trip for trip in found if self._fits(trip.offers[0])]

    def _fits(self, slot_time: SlotTime) -> bool:
        chooser = self.chooser
        return (
            chooser.practitioner is None or chooser.practitioner.id == slot_time.practitioner_id
        ) and chooser.part in ("", part_of(slot_time.starts_at))

    def why(self, day: date) -> rules.Objection:
        """Why the day has nothing."""
        chooser, schedules = (
            self.chooser,
            [self.schedules[centre_id, day] for centre_id in self.centre_ids],
        )
        own = day in self.against[0].busy or any(
            self.against[0].all_day(day, centre_id) for centre_id in self.centre_ids
        )
        is_own = own or self.together is not None or chooser.practitioner or chooser.part
        # A year's calendar may be read in at any time, and no schedule changes by it.
        known = day.year in calendars([day.year])
        if is_own or not schedules or not known or day == chooser.strip.beyond:
            return self._why(day, schedules)
        kept = schedules[0].shown
        if "why" not in kept or kept["why"][0] != (language(), *map(id, schedules)):
            kept["why"] = ((language(), *map(id, schedules)), self._why(day, schedules), schedules)
        found: rules.Objection = kept["why"][1]
        return found

    def _why(self, day: date, schedules: Sequence[DaySchedule]) -> rules.Objection:
        everything = [slot_time for schedule in schedules for slot_time in schedule.offers]
        fitting = [slot_time for slot_time in everything if self._fits(slot_time)]
        if not fitting and all(slot_time.is_closed for slot_time in everything):
            fitting = everything  # closed, whatever was filtered for
        known = calendars([day.year])
        opens = opens_at(self.chooser.policies, day)
        is_later = day == self.chooser.strip.beyond and opens > self.now
        return why_none(
            fitting,
            self.against[0],
            holiday=holiday_on(day, known),
            is_known=day.year in known,
            closed_because=self._closed(day, everywhere=not fitting),
            filtered=len(fitting) < len(everything),
            opens=opens if is_later else None,
        )

    def _closed(self, day: date, *, everywhere: bool) -> str:
        """What families read of a closure: of the first centre that has one, or only if all have."""
        start, end = day_bounds(day)
        closure_at = self.chooser.catalogue.closure_at
        found = [closure_at(centre_id, start, end) for centre_id in self.centre_ids]
        if everywhere and not all(found):
            return ""
        return next((name_of(closure, "reason") for closure in found if closure), "")

    def never(self) -> rules.Objection | None:
        """That what the family filtered for is given on none of these days, if so."""
        chooser = self.chooser
        everything = [offer for schedule in self.schedules.values() for offer in schedule.offers]
        if not everything or any(map(self._fits, everything)):
            return None
        if chooser.practitioner is None:
            return rules.Objection("never", NEVER[chooser.part])
        name: dict[str, object] = {"name": name_of(chooser.practitioner)}
        theirs = [
            slot_time
            for slot_time in everything
            if slot_time.practitioner_id == chooser.practitioner.id
        ]
        if theirs:
            return rules.Objection(
                "never", mark("%(name)s has no hours at that time of the day."), name
            )
        return rules.Objection("never", mark("%(name)s has no sessions in these weeks."), name)

    def further(self) -> datetime | None:
        """The first time that works beyond the strip, within two months."""
        chooser = self.chooser
        first_day = chooser.strip.days[-1] + timedelta(days=1)
        if self.together is not None:
            found = self._trips(first_day, FURTHER)
        else:
            start, end = day_bounds(first_day, FURTHER)
            found = [
                Trip((slot_time,))
                for slot_time in find_slot_times(
                    self.service, self.centre_ids, start, end, now=self.now
                )
                if slot_time.is_free and self._fits(slot_time) and not self.against[0](slot_time)
            ]
        for trip in found:
            centre_id, day = trip.offers[0].centre_id, clinic_day(trip.starts_at)
            if not verdict_of_day(chooser.wishes, chooser.requirements, [centre_id], day):
                return trip.starts_at
        return None
