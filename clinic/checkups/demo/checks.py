"""Health checks to look at: one soon, with half of its questions answered at home; and one today,
with all of them answered, in the diary of the clinician whose sign-in is shown.
"""

from collections.abc import Sequence
from datetime import date, time, timedelta

from sqlalchemy import select

from clinic.accounts.models import User
from clinic.centres.models import Centre, Practitioner, Service
from clinic.checkups.check import queries as check_queries
from clinic.checkups.due.next_check import next_check_age, window
from clinic.checkups.due.plan import HEALTH_CHECK, checks_done, made_of
from clinic.checkups.due.questions import versions
from clinic.clock import at, clinic_day
from clinic.db import db
from clinic.demo.visits import book
from clinic.families.models import Child
from clinic.questionnaires.answers import Answer
from clinic.questionnaires.responding import respond_to_some
from clinic.scheduling.models import Appointment
from clinic.services.demo import City, Family

SHOWN = "clinician@demo.example"
SOON = range(1, 8)  # days
NOT_WELL = {"sign-3": "unsure", "screen": "30to60", "meals": "picky"}


def is_due(child: Child, day: date) -> bool:
    """Whether a health check's days have begun, and none is booked or was made since."""
    if check_queries.coming_check(child.id, at(day - timedelta(days=30), time(0))):
        return False
    done = checks_done(child, made_of([child.id])[child.id])
    check = next_check_age(child.birth_date, day, done)
    first = window(check, child.birth_date, None)[0] if check else None
    return first is not None and first <= day


def book_soon(city: City) -> None:
    """One of the first family's elder children has a check in the coming days."""
    shown = city.shown
    _, *elder = shown.children
    soon = [city.today + timedelta(days=n) for n in SOON]
    if coming := _first(city, shown, elder, soon):
        _answer(coming, by=shown.guardian, half=True)


def book_today(city: City) -> None:
    """A child near the clinician whose sign-in is shown has its check there today."""
    doctors = select(Practitioner).join(Practitioner.user).where(User.email == SHOWN)
    doctor = db.session.scalars(doctors).one()
    for family in city.families:
        if family.is_shown or family.home != doctor.centre.code:
            continue
        if appointment := _first(city, family, family.children, [city.today], by=doctor):
            _answer(appointment, by=family.guardian, half=False)
            return


def _first(
    city: City,
    family: Family,
    children: Sequence[Child],
    days: Sequence[date],
    *,
    by: Practitioner | None = None,
) -> Appointment | None:
    """A check with warning signs for the first child that can have one, on the first free day."""
    centre = db.session.scalars(select(Centre).where(Centre.code == family.home)).one()
    service = db.session.scalars(select(Service).where(Service.code == HEALTH_CHECK)).one()
    for child in children:
        check = next_check_age(child.birth_date, days[0], ())
        for day in days if check and check.warning_signs else ():
            near = at(day, time(11))
            if booked := book(city, family, child, centre, day, service, by, near):
                return booked
    return None


def _answer(appointment: Appointment, *, by: User, half: bool) -> None:
    """What the parent answered the evening before: all, or what comes first."""
    one = check_queries.check_age_at(appointment, None, check_queries.done_before(appointment))
    if one is None:
        return
    asked = versions(one)
    child, on = appointment.child, clinic_day(appointment.starts_at)
    questions = asked.current.asked_of(child.birth_date, child.sex, on)
    answers = {
        each.code: Answer(NOT_WELL.get(each.code, each.options[0].value))
        for each in questions[: len(questions) // 2 if half else None]
    }
    then = appointment.starts_at - timedelta(hours=14)
    respond_to_some(asked, child, answers, language="zh", by=by, now=then)
