"""Invented visits: plausible ones are booked, and what would have happened by now happens to them."""

import logging
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select

from clinic.accounts.models import User
from clinic.ages import age_months
from clinic.centres.models import Centre, Practitioner, Service
from clinic.clock import at, clinic_day, day_bounds
from clinic.db import db
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.scheduling.appointments import booking
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment, Booking, Channel
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verdict.diaries import child_times
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.rules import overlap
from clinic.scheduling.verdict.slot_times import find_slot_times, slots_for
from clinic.scheduling.verdict.verdict import verdict
from clinic.services.demo import BOOKED_BEFORE, INVENTED, City, Family
from clinic.services.room import room_of
from clinic.visits import recorded

log = logging.getLogger(__name__)
TRIES = 5
MOST_A_DAY = 2  # visits of a child
HERE_FOR = timedelta(minutes=90)  # a visit that began so long before is over by then
FULLER = 0.4  # of the mornings, as against the afternoons
MISSED, CANCELLED = 0.1, 0.2  # of the visits


def invent(
    city: City,
    family: Family,
    child: Child,
    centre: Centre,
    day: date,
    *,
    by: Practitioner | None = None,
    service: Service | None = None,
    near: datetime | None = None,
) -> Appointment | None:
    """Book a plausible visit of the child on that day; None if nothing fits.

    `by`: with this clinician; `service`: this one and no other; `near`: as near to that moment
    as can be.
    """
    offered = by.services if by else centre.services
    for _ in range(TRIES if _visits_on(child, day) < MOST_A_DAY else 0):
        chosen = service or city.dice.choice(offered)
        if room_of(chosen.kind).demo.is_plausible(family, child, chosen, day) and (
            booked := book(city, family, child, centre, day, chosen, by, near)
        ):
            return booked
        if service:
            break
    return None


def _visits_on(child: Child, day: date) -> int:
    """How many visits the child has on that day already."""
    start, end = day_bounds(day)
    query = select(func.count(Appointment.id)).where(
        Appointment.child_id == child.id,
        Appointment.starts_at >= start,
        Appointment.starts_at < end,
        Appointment.cancelled_at.is_(None),
    )
    return db.session.scalar(query) or 0


def book(
    city: City,
    family: Family,
    child: Child,
    centre: Centre,
    day: date,
    service: Service,
    by: Practitioner | None,
    near: datetime | None,
) -> Appointment | None:
    """Book that service on that day, if there is a time that the rules allow."""
    wanted = _wanted(city, child, service, centre, day, by, near)
    if wanted is None:
        return None
    made_at = wanted.starts_at - BOOKED_BEFORE
    if verdict(wanted, online=True, now=made_at):
        return None
    booked = booking.book(
        [wanted], by=family.guardian, key=city.next_key(), channel=Channel.ONLINE, now=made_at
    ).row
    appointment = booked.appointments[0]
    room_of(service.kind).demo.was_booked(appointment, by=city.founder, now=made_at)
    return appointment


def _wanted(
    city: City,
    child: Child,
    service: Service,
    centre: Centre,
    day: date,
    by: Practitioner | None,
    near: datetime | None,
) -> Request | None:
    """A free time of that day, fuller in the mornings, that the child has free too."""
    start, end = at(day, time(8)), at(day, time(17))
    found = find_slot_times(
        service,
        [centre.id],
        start,
        end,
        now=start - BOOKED_BEFORE,
        practitioner_id=by.id if by else None,
    )
    found = [slot_time for slot_time in found if slot_time.is_free]
    city.dice.shuffle(found)
    noon = at(day, time(12))
    found.sort(key=lambda slot_time: city.dice.random() < FULLER and slot_time.starts_at > noon)
    if near:
        found.sort(key=lambda slot_time: abs(slot_time.starts_at - near))
    busy = child_times(child.id)
    for slot_time in found:
        if not any(overlap(slot_time.starts_at, slot_time.ends_at, *times) for times in busy):
            slots = slots_for(service, slot_time.slot_id)
            return Request(child, service, slots, reason=_reason(city, child, service, day))
    return None


def _reason(city: City, child: Child, service: Service, day: date) -> str:
    """What a family of a child of that age may write; often nothing."""
    months = age_months(child.birth_date, day)
    fitting = [
        row["zh"]
        for row in city.data["reasons"]
        if service.code in row["services"] and row["from_months"] <= months <= row["to_months"]
    ]
    return city.dice.choice([*fitting, ""]) if room_of(service.kind).due is None else ""


def open_visits(city: City, until: date) -> Iterator[Appointment]:
    """The invented visits up to that day that nothing has become of yet."""
    query = (
        select(Appointment)
        .join(Booking)
        .where(
            Booking.idempotency_key.startswith(INVENTED),
            Appointment.starts_at < at(until + timedelta(days=1), time(0)),
            Appointment.cancelled_at.is_(None),
            Appointment.no_show_at.is_(None),
            Appointment.done_at.is_(None),
            Appointment.displaced_at.is_(None),
        )
        .order_by(Appointment.starts_at, Appointment.id)
    )
    yield from db.session.scalars(query).all()


def happen(city: City, appointment: Appointment) -> None:
    """What becomes of the visit by now. Where something that a person entered stands against it, it
    stays as it is: one visit must not stop the city."""
    try:
        with db.session.begin_nested():
            _happen(city, appointment)
    except DomainError as error:
        log.warning("invented visit %s stays as it is: %s", appointment.id, error)


def _happen(city: City, appointment: Appointment) -> None:
    """Done, missed or cancelled in the past; of today's children some were seen and some just came."""
    start, end = appointment.starts_at, appointment.ends_at
    day, luck = clinic_day(start), city.dice.random()
    # The family one signs in as keeps its word: missed visits would pause its booking online.
    shown = [family.guardian.id for family in city.families if family.is_shown]
    is_shown = appointment.booking.made_by_id in shown
    is_here = status_of(appointment) is Status.ARRIVED
    if day < city.today and luck < MISSED and not is_shown and not is_here:
        reception = city.receptions[appointment.centre_id]
        attendance.mark_no_show(appointment, by=reception, now=end, note="")
    elif day != city.today and luck < CANCELLED and not is_shown and not is_here:
        _call_off(appointment)
    elif day < city.today or (start < city.busy - HERE_FOR and end <= city.now):
        be_seen(city, appointment, came=start - timedelta(minutes=8), seen=end)
    elif day == city.today and start < city.busy:
        came = max(start - timedelta(minutes=12), city.now - timedelta(minutes=25))
        came = max(min(came, city.now - timedelta(minutes=5)), at(day, time(0)))
        attendance.check_in(appointment, by=city.receptions[appointment.centre_id], now=came)


def _call_off(appointment: Appointment) -> None:
    before = appointment.starts_at - timedelta(days=2)
    guardian = appointment.booking.made_by
    booking.cancel(appointment, by=guardian, online=True, now=before, reason="临时有事")


def be_seen(city: City, appointment: Appointment, *, came: datetime, seen: datetime) -> None:
    """The child came and was seen; what its visit was for is on record.

    If nothing could be done any more the visit is cancelled; a child who was there went home.
    """
    demo = room_of(appointment.service.kind).demo
    clinician = city.clinicians[appointment.practitioner_id]
    if note := demo.is_in_vain(appointment, clinic_day(seen)):
        if appointment.arrived_at is None:
            _call_off(appointment)
        else:
            _go_home(appointment, note, by=clinician, now=seen)
        return
    reception = city.receptions[appointment.centre_id]
    attendance.check_in(appointment, by=reception, now=came)
    if demo.be_seen(city, appointment, came=came, seen=seen):
        return
    note = city.dice.choice(city.data["notes"][appointment.service.kind])
    _go_home(appointment, note, by=clinician, now=seen)
    demo.was_seen(city, appointment)


def _go_home(appointment: Appointment, note: str, *, by: User, now: datetime) -> None:
    attendance.finish(appointment, by=by, now=now, note=note)
    recorded.gone(appointment, by=by, now=now)
