"""The page that says why a time cannot be had, and what would do instead. It writes nothing."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from flask import Response, abort, request

from clinic.accounts.access import me
from clinic.booking import courses
from clinic.booking.in_the_way import in_the_way
from clinic.booking.nearby import nearest
from clinic.booking.queries import moved_with
from clinic.booking.reading import (
    FILTERS,
    Choice,
    Query,
    carried,
    needs_text,
)
from clinic.centres.models import Centre
from clinic.clock import clinic_day, day_bounds
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.outside import pick
from clinic.scheduling.appointments import expired
from clinic.scheduling.models import Appointment
from clinic.scheduling.search.catalogue import Catalogue
from clinic.scheduling.search.day_schedules import schedules_of
from clinic.scheduling.search.family import DayVersions, facts_for
from clinic.scheduling.search.together import ChildObjections, Trip
from clinic.scheduling.search.trips import find_trips
from clinic.scheduling.verdict.diaries import Diary, diary_of
from clinic.scheduling.verdict.request import (
    Refused,
    Request,
    Resting,
    SlotTaken,
)
from clinic.scheduling.verdict.requirements import RequirementsByKind
from clinic.scheduling.verdict.slot_times import where_and_when
from clinic.scheduling.verdict.verdict import verdict_of_day
from clinic.web import render

SHOWN = 4  # alternatives
CLOSE_BY, WITHIN = 2, 14  # days around the time; the second look is seldom needed


def taken_or_resting(error: DomainError, slots: Sequence[int], *, now: datetime) -> DomainError:
    """Turn SlotTaken into Resting where a place rests. Places of expired holds go to the waitlist."""
    if not isinstance(error, SlotTaken):
        return error
    over, rests = expired.over_and_resting(slots, now=now)
    if over:
        in_one_transaction(lambda: expired.offer_places(over, now=now))
    return Resting() if rests else error


def instead(
    error: DomainError,
    choice: Choice,
    required: RequirementsByKind,
    kind: str,
    title: str,
    reason: str,
    *,
    now: datetime,
) -> Response:
    """Why not, and what would do instead; for a course the plan anew."""
    if "begin" in request.values:
        return courses.again(kind, error)
    at = where_and_when(choice.slots[0]) or abort(404)
    requests, moving = choice.requests, choice.moving
    return gone(error, requests, at, moving, title, required, reason=reason, now=now)


def gone(
    error: DomainError,
    wishes: Sequence[Request],
    at: tuple[int, datetime],
    moving: Appointment | None,
    title: str,
    required: RequirementsByKind,
    *,
    reason: str = "",
    now: datetime,
) -> Response:
    """Say why not, and what would do instead: the nearest times that nothing stands against.

    `at` is the centre and the time that were wanted: the same centre goes before others. For
    several at once it is the next visits there; for a course none, it is planned. `reason` is
    what the family wrote already: it goes along.
    """
    centre_id, begins = at
    works_from = _works_from(error)
    near = _not_before(works_from, begins)
    found, centres = _instead(wishes, centre_id, near, moving, required, now)
    longest = timedelta(minutes=max(wish.service.minutes for wish in wishes))
    children = {wish.child.id for wish in wishes}
    return render(
        "booking/gone.html",
        status=409 if isinstance(error, SlotTaken) else 422,
        error=error,
        is_refused=isinstance(error, Refused),
        works_from=works_from,
        in_the_way=in_the_way(error, children, begins, longest, but=moving),
        moving=moving,
        trips=found,
        alone=len(wishes) == 1,
        centres=centres,
        kind=wishes[0].service.kind,
        title=title,
        reason=reason,
        **_wish(wishes, moving, required, clinic_day(begins)),
    )


def _instead(
    wishes: Sequence[Request],
    centre_id: int,
    near: datetime,
    moving: Appointment | None,
    required: RequirementsByKind,
    now: datetime,
) -> tuple[list[Trip], dict[int, Centre]]:
    """The times that would do instead, and the centres at which they were looked for, by id."""
    child, service = wishes[0].child, wishes[0].service
    today, middle = clinic_day(now), clinic_day(near)
    around = [middle + timedelta(days=n) for n in range(-WITHIN, WITHIN + 1)]
    days = [day for day in around if day >= today]

    def nearby(catalogue: Catalogue) -> list[int]:
        return [centre.id for centre in nearest(catalogue, service.id, centre_id)]

    catalogue, versions, children = facts_for(me(), days, nearby, now=now)
    centres = {centre.id: centre for centre in nearest(catalogue, service.id, centre_id)}
    found: list[Trip] = []
    if len(wishes) == 1 and (facts := pick(children, child.id)):
        moved = moved_with(moving, now=now) if moving else []
        diary = diary_of(child.id, now=now, except_for=moved) if moving else facts.diary
        search = _Instead(wishes[0], diary, catalogue, versions, required, now)
        found = search.near(near, [centre_id], days) or search.near(near, list(centres), days)
    elif len({(wish.child.id, wish.service.id) for wish in wishes}) == len(wishes):
        for centre_ids in [centre_id], list(centres):
            found = found or _together(wishes, centre_ids, near, required, now)
    return found, centres


def _wish(
    wishes: Sequence[Request], moving: Appointment | None, required: RequirementsByKind, day: date
) -> dict[str, Any]:
    """Who comes for what, as the page's form and its address of all times say it again."""
    child, service = wishes[0].child, wishes[0].service
    company = list({wish.child.id: None for wish in wishes if wish.child.id != child.id})
    then = next((wish.service for wish in wishes if wish.service.id != service.id), None)
    carry = carried(request.values, FILTERS)
    needs = [] if moving else needs_text(required.codes)
    wish: Query = {
        "child": child.id,
        "with": company or None,
        "service": service.id,
        "then": then.id if then else None,
        "need": needs or None,
    }
    if moving:
        wish = {"move": moving.id}
    return {
        "child": child,
        "service": service,
        "company": company,
        "then": then,
        "needs": needs,
        "carry": carry,
        "all_times": wish | carry | {"day": day.isoformat()},
    }


def _once_a_moment(free: Sequence[Trip]) -> list[Trip]:
    """Of several clinicians at one centre and time, one: the button names none of them."""
    found: dict[tuple[int, datetime], Trip] = {}
    for trip in free:
        found.setdefault((trip.offers[0].centre_id, trip.starts_at), trip)
    return list(found.values())


def _works_from(error: DomainError) -> date | None:
    """The first time that works, where the refusal knows it and does not say it itself."""
    first = error.objections[0] if isinstance(error, Refused) else None
    if first is None or first.works_from in first.params.values():
        return None
    return first.works_from


def _not_before(works_from: date | None, begins: datetime) -> datetime:
    """Near which moment another time is looked for: the one that was wanted, or a day that works."""
    if isinstance(works_from, date) and not isinstance(works_from, datetime):
        return max(begins, day_bounds(works_from)[0])
    return begins


class _Instead:
    """The free times of one wish, on the schedules that this process has in memory."""

    def __init__(
        self,
        wish: Request,
        diary: Diary,
        catalogue: Catalogue,
        versions: DayVersions,
        required: RequirementsByKind,
        now: datetime,
    ) -> None:
        self.wish, self.catalogue, self.versions = wish, catalogue, versions
        self.required, self.now = required, now
        self.against = ChildObjections(wish, diary, catalogue.policy_of, now=now)

    def near(self, near: datetime, centre_ids: Sequence[int], days: Sequence[date]) -> list[Trip]:
        """The few nearest to that time, in the order of time."""
        for within in CLOSE_BY, WITHIN:
            some = [day for day in days if abs(day - clinic_day(near)).days <= within]
            free = sorted(self._free(centre_ids, some), key=lambda one: abs(one.starts_at - near))
            free = _once_a_moment(free)
            if len(free) >= SHOWN:
                break
        return sorted(free[:SHOWN], key=lambda one: one.starts_at)

    def _free(self, centre_ids: Sequence[int], days: Sequence[date]) -> Iterator[Trip]:
        schedules = schedules_of(
            self.wish.service,
            centre_ids,
            days,
            self.versions,
            self.catalogue.policy_of,
            now=self.now,
        )
        for (centre_id, day), schedule in schedules.items():
            if not schedule.free or self.against.all_day(day, centre_id):
                continue
            if verdict_of_day([self.wish], self.required, [centre_id], day):
                continue
            for trip in schedule.free:
                if not self.against.elsewhere(trip.offers[0], day):
                    yield trip


def _together(
    wishes: Sequence[Request],
    centre_ids: Sequence[int],
    near: datetime,
    required: RequirementsByKind,
    now: datetime,
) -> list[Trip]:
    """The next visits for all of it."""

    def suits(trip: Trip) -> bool:
        lead = trip.offers[0]
        return not verdict_of_day(wishes, required, [lead.centre_id], clinic_day(lead.starts_at))

    start, end = day_bounds(clinic_day(near), WITHIN)
    found = find_trips(wishes, centre_ids, max(start, now), end, now=now)
    return list(islice(filter(suits, found), SHOWN))
