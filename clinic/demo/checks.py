"""Health checks to look at: the youngest child's is due together with vaccinations, and nothing of
it is booked yet; a check soon, with half of its questions answered at home; and one today, with all
of them, in the diary of the clinician whose sign-in is shown.
"""

from collections.abc import Sequence
from datetime import date, time, timedelta

from sqlalchemy import select

from clinic.accounts.models import User
from clinic.centres.models import Centre, Practitioner, Service, ServiceKind
from clinic.checkups import checks, records
from clinic.checkups.due import next_visit
from clinic.checkups.plan import HEALTH_CHECK
from clinic.checkups.questions import questions
from clinic.clock import at
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling import booking, opening
from clinic.scheduling.models import Appointment, Channel
from clinic.scheduling.queries import child_times, offers, slots_for
from clinic.scheduling.rules import overlap
from clinic.scheduling.wanted import Wanted, examine

Family = tuple[User, str, list[Child]]  # with the code of the centre near their home
SHOWN = "clinician@demo.example"
SOON = range(1, 8)  # days
NOON = opening.Hours(time(11, 30), time(12, 15), 15, 1, 1)  # between morning and afternoon
NOT_WELL = {"sign-3": "unsure", "screen": "30to60", "meals": "picky"}
IN_ONE_VISIT = (ServiceKind.CHECKUPS, ServiceKind.VACCINATION)


def fill(families: Sequence[Family], today: date, *, staff: User) -> None:
    """Of the first family, and of another one near that centre."""
    guardian, home, (youngest, *others) = families[0]
    _free(youngest, guardian, today)
    soon = [today + timedelta(days=n) for n in SOON]
    if coming := _booked(others, today) or _first(guardian, home, others, soon):
        _answer(coming, by=guardian, half=True)
    shown = _standing_in(today, staff)
    for other, where, theirs in families[1:]:
        if where == home and (visit := _first(other, home, theirs, [today], with_=shown)):
            _answer(visit, by=other, half=False)
            return


def _free(child: Child, guardian: User, today: date) -> None:
    """What is booked of both kinds is called off, so that both can be booked in one visit."""
    midnight = at(today, time(0))
    query = (
        select(Appointment)
        .join(Appointment.service)
        .where(
            Appointment.child_id == child.id,
            Appointment.starts_at >= midnight,
            Appointment.cancelled_at.is_(None),
            Appointment.arrived_at.is_(None),
            Service.kind.in_(IN_ONE_VISIT),
        )
    )
    for one in db.session.scalars(query).all():
        booking.cancel(one, by=guardian, online=False, now=midnight)


def _booked(children: Sequence[Child], today: date) -> Appointment | None:
    """A check from tomorrow on that one of them has anyway."""
    tomorrow = at(today + timedelta(days=1), time(0))
    found = (checks.coming_check(one.id, tomorrow) for one in children)
    return next((one for one in found if one), None)


def _standing_in(today: date, staff: User) -> Practitioner:
    """The clinician whose sign-in is shown sees checks at noon today."""
    query = select(Practitioner).join(Practitioner.user).where(User.email == SHOWN)
    shown = db.session.scalars(query).one()
    check = db.session.scalars(select(Service).where(Service.code == HEALTH_CHECK)).one()
    room = next(
        room
        for room, one in zip(shown.centre.rooms, shown.centre.practitioners, strict=True)
        if one is shown
    )
    shown.services.append(check)
    db.session.flush()
    then = at(today - timedelta(days=7), time(9))
    opening.open_session(shown, room, [check], today, NOON, by=staff, now=then)
    return shown


def _first(
    guardian: User,
    home: str,
    children: Sequence[Child],
    days: Sequence[date],
    *,
    with_: Practitioner | None = None,
) -> Appointment | None:
    """A check with warning signs for the first of them who can have one, on the first free day."""
    centre = db.session.scalars(select(Centre).where(Centre.code == home)).one()
    service = db.session.scalars(select(Service).where(Service.code == HEALTH_CHECK)).one()
    for child in children:
        one = next_visit(child.birth_date, days[0], ())
        for day in days if one and one.warning_signs else ():
            if wanted := _wanted(child, service, centre, day, with_):
                key, then = f"demo:check:{child.id}", wanted.starts_at - timedelta(days=3)
                made = booking.book(
                    [wanted], by=guardian, key=key, channel=Channel.ONLINE, now=then
                )
                return made.appointments[0]
    return None


def _wanted(
    child: Child, service: Service, centre: Centre, day: date, with_: Practitioner | None
) -> Wanted | None:
    """The first time of that day, from ten on, that is free and that the rules allow."""
    busy = child_times(child.id)
    start, end = at(day, time(10)), at(day, time(17))
    eve, whose = start - timedelta(days=3), with_.id if with_ else None
    for offer in offers(service, [centre.id], start, end, now=eve, practitioner_id=whose):
        if offer.is_free and not any(overlap(offer.starts_at, offer.ends_at, *one) for one in busy):
            wanted = Wanted(child, service, slots_for(service, offer.slot_id))
            then = wanted.starts_at - timedelta(days=3)
            return None if examine(wanted, online=True, now=then) else wanted
    return None


def _answer(visit: Appointment, *, by: User, half: bool) -> None:
    """What the parent answered the evening before: all, or what comes first."""
    one = checks.visit_at(visit, None, checks.done_before(visit))
    if one is None:
        return
    asked = questions(one)
    answers = {
        each.code: NOT_WELL.get(each.code, each.options[0].value)
        for each in asked[: len(asked) // 2 if half else None]
    }
    then = visit.starts_at - timedelta(hours=14)
    records.answer(visit.child, one.id, answers, by=by, now=then)
