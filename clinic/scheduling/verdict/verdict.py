"""May this child have this time? Every reason why not, in one place and one order.

Asked when a time is chosen (before anything is locked if a practitioner was named), and once more
under the locks, when it is booked or an appointment moves. Pages ask the same before they offer anything.

Not asked here, because only a lock or a constraint can say it for sure: whether a place is free
(`SlotTaken`), whether the child is elsewhere by now (`ChildBusy`), whether the stock still has the
dose (`OutOfStock`, when it is reserved). Beside the verdict stand what is about the family, not the
child: consents, `TooOften`, `TooManyHolds`; and about the appointment that is moved:
`NotChangeable`, `TooLate` (`booking.must_be_changeable`).
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from clinic.centres.models import Service
from clinic.centres.retired import retirements
from clinic.clock import clinic_day
from clinic.scheduling.policies.policy import NEVER_PAUSED, Policy
from clinic.scheduling.verdict import rules
from clinic.scheduling.verdict.diaries import (
    Diary,
    FamilyChild,
    Patient,
    diary_of,
)
from clinic.scheduling.verdict.request import Refused, Request, SamePlaceTwice
from clinic.scheduling.verdict.requirements import NOTHING_REQUIRED, RequirementsByKind
from clinic.scheduling.verdict.rules import Objection

AGE = ("too_young", "too_old")


def verdict(
    request: Request,
    requirements: RequirementsByKind = NOTHING_REQUIRED,
    *,
    online: bool,
    now: datetime,
    diary: Diary | None = None,
    beside: Sequence[Request] = (),
    except_for: Collection[int] = (),
    with_lacks: bool = False,
) -> list[Objection]:
    """Every reason why this child may not have this time, the first to be said first; empty: it may.

    1. What the service requires, where the age is right: for a vaccination `dose_too_soon`,
       `dose_too_near`, `too_many`, `dose_booked`, `dose_not_possible`.
    2. The time: `past`; `retired` (what it needs is, from that day on), else `closed`; online alone
       `too_soon` (notice to book; a time that is still held was in time when it was chosen) or
       `not_open_yet` (the release).
    3. The age: `too_young`, `too_old` for the service on that day.
    4. `paused`: too many missed visits; online alone.
    5. The child's other appointments: `child_busy` at that time; else, online alone,
       `enough_that_day`, `enough_that_week` of this service.
    6. What the centre lacks, if `with_lacks`: for a vaccination `no_stock`.

    `beside` are others of the same decision, as if they were booked already; `except_for` are
    appointments that move. The child's diary is read unless it is given.
    """
    diary = diary or diary_of(request.child.id, now=now, except_for=except_for)
    if beside:
        diary = _with_those(beside, request.child, diary)
    child, service, policy = request.child, request.service, request.policy
    applicant = applicant_for(child, service, policy, diary, online=online, now=now)
    found = rules.objections(applicant, request, now)
    found = [
        _why_closed(request) if objection.code == "closed" else objection for objection in found
    ]
    if found and request.hold is not None and now < request.hold.expires_at:
        found = [objection for objection in found if objection.code != "too_soon"]
    if requirements.by_kind and not any(objection.code in AGE for objection in found):
        day = clinic_day(request.starts_at)
        found = [*requirements.objections(request, day), *found]
        if with_lacks and (lack := requirements.lacks(request.centre_id, day)):
            found.append(lack)
    return found


def _why_closed(request: Request) -> Objection:
    """Why that time is closed: by then what it needs is retired, or the centre closed it."""
    slot, retired = request.slots[0], retirements([request.centre_id])
    day, centre_id = clinic_day(request.starts_at), request.centre_id
    service = retired.services.get((centre_id, request.service.id))
    whole, person = retired.centres.get(centre_id), retired.practitioners.get(slot.practitioner_id)
    room = retired.rooms.get(slot.room_id)
    for since, sentence in (
        (whole, rules.CENTRE_RETIRED),
        (service, rules.SERVICE_RETIRED),
        (person, rules.PRACTITIONER_RETIRED),
        (room, rules.CLOSED),
    ):
        if since is not None and since <= day:
            return Objection("retired", sentence, {"day": since})
    return Objection("closed", rules.CLOSED)


def _with_those(beside: Sequence[Request], child: Patient, diary: Diary) -> Diary:
    """The child's diary, as if its part of these were booked."""
    theirs = [other for other in beside if other.child.id == child.id]
    return diary.with_more((each.starts_at, each.ends_at, each.service.id) for each in theirs)


def verdict_of_day(
    requests: Sequence[Request],
    requirements: RequirementsByKind,
    centre_ids: Collection[int],
    day: date,
) -> list[Objection]:
    """The reasons that hold for every time of that day: 1, 3 and 6 of `verdict`.

    What is lacking counts only if all of these centres lack it.
    """
    found: list[Objection] = []
    for request in requests:
        if too := rules.age_objection(request.child.birth_date, request.service, day):
            found.append(too)
        else:
            found += requirements.objections(request, day)
    if found or not centre_ids or not requirements.by_kind:
        return found
    lacking = [requirements.lacks(centre_id, day) for centre_id in centre_ids]
    return [lacking[0]] if lacking[0] and all(lacking) else []


def must_be_allowed(
    requests: Sequence[Request],
    requirements: RequirementsByKind = NOTHING_REQUIRED,
    *,
    except_for: Collection[int] = (),
    now: datetime,
) -> None:
    """Raise SamePlaceTwice, or Refused for the first of these that a family may not have.

    For before the locks: a diary that came with the family will do, as `book` looks again.
    """
    must_differ(requests)
    for number, request in enumerate(requests):
        child, diary = request.child, None
        if isinstance(child, FamilyChild) and not except_for:
            diary = child.diary
        found = verdict(
            request,
            requirements,
            online=True,
            now=now,
            diary=diary,
            beside=requests[:number],
            except_for=except_for,
        )
        if found:
            raise Refused(found)


def must_differ(requests: Sequence[Request]) -> None:
    """Raise SamePlaceTwice if one child is to have the same slot twice."""
    asked = [(request.child.id, slot_id) for request in requests for slot_id in request.slot_ids]
    if len(set(asked)) < len(asked):
        raise SamePlaceTwice


def applicant_for(
    child: Patient,
    service: Service,
    policy: Policy,
    diary: Diary,
    *,
    online: bool,
    now: datetime,
) -> rules.Applicant:
    """The child as the rules see it when it wants this service."""
    paused_until = None
    if diary.absences and service.kind not in NEVER_PAUSED:
        paused_until = rules.paused_until(diary.absences, policy, now)
    return rules.Applicant(
        birth_date=child.birth_date,
        min_age_months=service.min_age_months,
        max_age_months=service.max_age_months,
        online=online,
        other_times=tuple(diary.times),
        same_service_days=diary.days_of(service),
        paused_until=paused_until,
        policy=policy,
    )
