"""The days and free times that the chooser shows, and why there are none. It writes nothing."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from werkzeug.datastructures import MultiDict

from clinic.booking.choosing import (
    Chooser,
    Day,
    Free,
    Group,
    Time,
    days_from,
    first,
)
from clinic.centres.days import holiday_on
from clinic.centres.models import Service
from clinic.centres.years import calendars
from clinic.clock import clinic_day, day_bounds
from clinic.i18n import language, name_of
from clinic.outside import a_day
from clinic.scheduling import rules
from clinic.scheduling.parts import PARTS, part_of
from clinic.scheduling.queries import ChildFacts, Diary, Offer, diary_of, offers
from clinic.scheduling.reasons import why_none
from clinic.scheduling.sheets import Sheet, free_on, sheets_of
from clinic.scheduling.together import Against, Visit
from clinic.scheduling.trips import joined, visits

A_PAUSE_IS_COUNTED_AGAIN = timedelta(minutes=1)
BEYOND_MAY_LAG = timedelta(
    minutes=1
)  # the hint at what lies beyond the strip, which has no version
FURTHER = 60  # days in which a first free time is looked for when the strip has none


def add_times(chooser: Chooser, args: MultiDict[str, str], now: datetime) -> None:
    """The days of the strip, and the times of the chosen one."""
    if not (chooser.child and chooser.service):
        return
    dates = days_from(now)
    against = {day: chooser.asked.against(chooser.wishes, chooser.centre_ids, day) for day in dates}
    tomorrow = day_bounds(dates[1])[0]
    if all(against.values()):
        chooser.refusal = against[dates[0]][0]
        chooser.until = tomorrow
        return
    search = _Search(chooser, dates, now)
    free = {day: () if against[day] else search.free(day) for day in dates}
    chooser.days = [
        Day(
            day,
            count := sum(one.count for one in free[day]),
            None if count else first(against[day]) or search.why(day),
        )
        for day in dates
    ]
    asked = a_day(args.get("day"))
    with_some = [one.date for one in chooser.days if one.free]
    chooser.day = asked if asked in free else first(with_some)
    chooser.groups = _groups(chooser, free[chooser.day] if chooser.day else ())
    chooser.until = min(tomorrow, search.until)
    if not chooser.groups:
        chooser.why = next((one.why for one in chooser.days if one.date == chooser.day), None)
        if with_some:
            chooser.first_free = min(
                visit.starts_at for one in free[with_some[0]] for visit in one.visits
            )
        else:
            chooser.first_free = search.further()
            chooser.until = min(chooser.until, now + BEYOND_MAY_LAG)


class _Search:
    """The free times of what the chooser asks for, and the reasons where there are none."""

    def __init__(self, chooser: Chooser, days: Sequence[date], now: datetime) -> None:
        assert chooser.service
        assert chooser.child
        self.chooser, self.now, self.days = chooser, now, days
        self.service, self.centre_ids = chooser.service, chooser.centre_ids
        policy_of = chooser.catalogue.policy_of
        self.against = [
            Against(wish, self._diary(wish.child), policy_of, now=now) for wish in chooser.wishes
        ]
        self.sheets = self._sheets_of(self.service)
        self.until = min(
            (one.until for one in self.sheets.values()), default=now + timedelta(days=1)
        )
        if any(one.diary.absences for one in chooser.children):
            self.until = min(self.until, now + A_PAUSE_IS_COUNTED_AGAIN)
        self.together = self._together() if len(chooser.wishes) > 1 else None

    def _sheets_of(self, service: Service) -> Mapping[tuple[int, date], Sheet]:
        policy_of, versions = self.chooser.catalogue.policy_of, self.chooser.versions
        return sheets_of(service, self.centre_ids, self.days, versions, policy_of, now=self.now)

    def _together(self) -> Mapping[tuple[int, date], Sequence[Visit]]:
        """The times at which all wishes find a place, by centre and day."""
        wishes = self.chooser.wishes
        services = {wish.service.id: wish.service for wish in wishes}
        sheets = {number: self._sheets_of(service) for number, service in services.items()}
        fitting = [
            free_on(sheets[wish.service.id], against)
            for wish, against in zip(wishes, self.against, strict=True)
        ]
        end = day_bounds(self.days[-1])[1]
        found: dict[tuple[int, date], list[Visit]] = {}
        for visit in joined(wishes, fitting, end, now=self.now):
            lead = visit.offers[0]
            if self._fits(lead):
                key = lead.centre_id, clinic_day(lead.starts_at)
                found.setdefault(key, []).append(visit)
        return found

    def _diary(self, child: ChildFacts) -> Diary:
        moving = self.chooser.moving
        if moving is None:
            return child.diary
        return diary_of(child.id, now=self.now, except_for=[moving.id])

    def free(self, day: date) -> list[Free]:
        """What this family may have on that day, by centre."""
        able = [one for one in self.centre_ids if not self.chooser.asked.lacks(one, day)]
        if self.together is not None:
            return [Free(one, self.together.get((one, day), ())) for one in able]
        return [self._free_of(self.sheets[centre_id, day], day, centre_id) for centre_id in able]

    def _free_of(self, sheet: Sheet, day: date, centre_id: int) -> Free:
        """All that is on the sheet, unless a filter, or something of the child's own, takes some away."""
        chooser, against = self.chooser, self.against[0]
        if against.all_day(day, centre_id):
            return Free(centre_id, ())
        if day not in against.busy and not chooser.practitioner and not chooser.part:
            return Free(centre_id, sheet.free, sheet)
        visits = [
            one
            for one in sheet.free
            if self._fits(one.offers[0]) and not against.elsewhere(one.offers[0], day)
        ]
        return Free(centre_id, visits)

    def _visits(self, first_day: date, days: int) -> list[Visit]:
        """The times at which all wishes find a place together, beyond the sheets."""
        start, end = day_bounds(first_day, days)
        found = visits(
            self.chooser.wishes,
            self.centre_ids,
            max(start, self.now),
            end,
            now=self.now,
            against=self.against,
        )
        return [one for one in found if self._fits(one.offers[0])]

    def _fits(self, offer: Offer) -> bool:
        chooser = self.chooser
        return (
            chooser.practitioner is None or chooser.practitioner.id == offer.practitioner_id
        ) and chooser.part in ("", part_of(offer.starts_at))

    def why(self, day: date) -> rules.Objection:
        """Why the day has nothing."""
        chooser, sheets = self.chooser, [self.sheets[one, day] for one in self.centre_ids]
        own = day in self.against[0].busy or any(
            self.against[0].all_day(day, one) for one in self.centre_ids
        )
        is_own = own or self.together is not None or chooser.practitioner or chooser.part
        # A year's calendar may be read in at any time, and no sheet changes by it.
        if is_own or not sheets or day.year not in calendars([day.year]):
            return self._why(day, sheets)
        kept = sheets[0].shown
        if "why" not in kept or kept["why"][0] != (language(), *map(id, sheets)):
            kept["why"] = ((language(), *map(id, sheets)), self._why(day, sheets), sheets)
        found: rules.Objection = kept["why"][1]
        return found

    def _why(self, day: date, sheets: Sequence[Sheet]) -> rules.Objection:
        everything = [one for sheet in sheets for one in sheet.offers]
        fitting = [one for one in everything if self._fits(one)]
        known = calendars([day.year])
        return why_none(
            fitting,
            self.against[0],
            holiday=holiday_on(day, known),
            is_known=day.year in known,
            closed_because=self._closed(day) if fitting else "",
            filtered=len(fitting) < len(everything),
        )

    def _closed(self, day: date) -> str:
        start, end = day_bounds(day)
        for centre_id in self.centre_ids:
            if closure := self.chooser.catalogue.closed_because(centre_id, start, end):
                return name_of(closure, "reason")
        return ""

    def further(self) -> datetime | None:
        """The first time that works beyond the strip, within two months."""
        chooser = self.chooser
        first_day = self.days[-1] + timedelta(days=1)
        if self.together is not None:
            found = self._visits(first_day, FURTHER)
        else:
            start, end = day_bounds(first_day, FURTHER)
            found = [
                Visit((one,))
                for one in offers(self.service, self.centre_ids, start, end, now=self.now)
                if one.is_free and self._fits(one) and not self.against[0](one)
            ]
        return next(
            (
                one.starts_at
                for one in found
                if not chooser.asked.against(
                    chooser.wishes, [one.offers[0].centre_id], clinic_day(one.starts_at)
                )
            ),
            None,
        )


def _groups(chooser: Chooser, free: Sequence[Free]) -> list[Group]:
    """By centre, in the order of the centres, and part of the day."""
    centres = {one.id: one for one in chooser.centres}
    one_each = chooser.practitioner is None and not chooser.moving
    return [
        Group(
            centres[each.centre_id],
            part,
            times,
            (each.sheet.key, part, one_each) if each.sheet else None,
        )
        for each in free
        for part, times in _parts(each, one_each=one_each).items()
        if times
    ]


def _parts(free: Free, *, one_each: bool) -> Mapping[str, Sequence[Time]]:
    """The buttons of each part of the day; made once for all who may have the whole sheet."""
    key = ("buttons", one_each)
    if free.sheet and key in free.sheet.shown:
        made: Mapping[str, Sequence[Time]] = free.sheet.shown[key]
        return made
    by_part: dict[str, list[Visit]] = {part: [] for part in PARTS}
    for one in free.visits:
        by_part[part_of(one.starts_at)].append(one)
    made = {part: _times(those, one_each=one_each) for part, those in by_part.items()}
    if free.sheet:
        free.sheet.shown[key] = made
    return made


def _times(free: Sequence[Visit], *, one_each: bool) -> tuple[Time, ...]:
    """A button for each visit; where anyone will do, one for each moment."""
    times: dict[object, Time] = {}
    for one in free:
        lead = one.offers[0]
        slots = "-".join(str(each.slot_id) for each in one.offers)
        moment = one.starts_at if one_each else slots
        before = times.get(moment)
        who = (*(before.practitioner_ids if before else ()), lead.practitioner_id)
        times[moment] = Time(
            starts_at=one.starts_at,
            slots=before.slots if before else slots,
            practitioner_ids=who,
            anyone=len(who) > 1 and len(one.offers) == 1,
            ends_at=one.ends_at if len(one.offers) > 1 else None,
        )
    return tuple(times.values())
