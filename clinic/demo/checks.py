"""Two health checks to look at: one soon, with half of its questions answered at home, and one
today, with all of them, at the centre whose sign-ins are shown.
"""

from collections.abc import Sequence
from datetime import date, time, timedelta

from sqlalchemy import select

from clinic.accounts.models import User
from clinic.centres.models import Centre, Service
from clinic.checkups import checks, records
from clinic.checkups.due import next_visit
from clinic.checkups.plan import HEALTH_CHECK
from clinic.checkups.questions import questions
from clinic.clock import at
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling import booking
from clinic.scheduling.models import Appointment, Channel
from clinic.scheduling.queries import child_times, offers, slots_for
from clinic.scheduling.rules import overlap
from clinic.scheduling.wanted import Wanted, examine

Family = tuple[User, str, list[Child]]  # with the code of the centre near their home
SOON = range(1, 8)  # days
NOT_WELL = {"sign-3": "unsure", "screen": "30to60", "meals": "picky"}


def fill(families: Sequence[Family], today: date) -> None:
    """The first family has a check soon; a child of another one near that centre has one today."""
    guardian, home, children = families[0]
    soon = [today + timedelta(days=n) for n in SOON]
    if coming := _first(guardian, home, children, soon):
        _answer(coming, by=guardian, half=True)
    for other, where, theirs in families[1:]:
        if where == home and (visit := _first(other, home, theirs, [today])):
            _answer(visit, by=other, half=False)
            return


def _first(
    guardian: User, home: str, children: Sequence[Child], days: Sequence[date]
) -> Appointment | None:
    """A check with warning signs for the first of them who can have one, on the first free day."""
    centre = db.session.scalars(select(Centre).where(Centre.code == home)).one()
    service = db.session.scalars(select(Service).where(Service.code == HEALTH_CHECK)).one()
    for child in children:
        one = next_visit(child.birth_date, days[0], ())
        for day in days if one and one.warning_signs else ():
            if wanted := _wanted(child, service, centre, day):
                key, then = f"demo:check:{child.id}", wanted.starts_at - timedelta(days=3)
                made = booking.book(
                    [wanted], by=guardian, key=key, channel=Channel.ONLINE, now=then
                )
                return made.appointments[0]
    return None


def _wanted(child: Child, service: Service, centre: Centre, day: date) -> Wanted | None:
    """The first time of that day, from ten on, that is free and that the rules allow."""
    busy = child_times(child.id)
    start, end = at(day, time(10)), at(day, time(17))
    for offer in offers(service, [centre.id], start, end, now=start - timedelta(days=3)):
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
