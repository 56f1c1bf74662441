"""What is asked about a visit when a record or a stock changed under it: keep it, move it or cancel it?

Verbs flush; the caller commits. Moving the visit answers too.
"""

from collections.abc import Iterable
from datetime import datetime

from clinic import audit
from clinic.accounts.models import Person
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.scheduling import places
from clinic.scheduling.models import Appointment, Question
from clinic.scheduling.queries import appointments
from clinic.scheduling.status import Status, status_of
from clinic.sentences import mark

TEXTS = {
    Question.NOTHING_LEFT: mark("What this visit was booked for is not due on that day any more."),
    Question.NO_DOSE: mark("The centre has no vaccine left for this visit."),
    Question.AGE: mark("On that day your child is not the right age for this service."),
}


def ask(appointments: Iterable[Appointment], question: Question, *, now: datetime) -> None:
    """From now on this is asked on the pages of the family and of the centre."""
    for appointment in appointments:
        if appointment.question is not question:
            appointment.question = question
            _record("ask", appointment, None, now, question=question.value)
    db.session.flush()


def withdraw(appointments: Iterable[Appointment], *, now: datetime) -> None:
    """Nothing is to be asked any more."""
    for appointment in appointments:
        if appointment.question is not None:
            appointment.question = None
            _record("ask_no_more", appointment, None, now)
    db.session.flush()


def keep(appointment: Appointment, *, by: Person, now: datetime) -> None:
    """The visit stays as it is; keeping it twice is keeping it once."""
    places.lock_children([appointment.child_id])
    db.session.refresh(appointment)
    if appointment.question is not None:
        appointment.question, appointment.kept_at = None, now
        _record("keep_visit", appointment, by.id, now)
        db.session.flush()


def asked_about(appointment: Appointment) -> str:
    """What is asked about it, a marked text, while there is something to decide; else nothing."""
    is_open = status_of(appointment) in (Status.BOOKED, Status.ARRIVED, Status.DISPLACED)
    return TEXTS[appointment.question] if appointment.question and is_open else ""


def open_at(centre_id: int, *, now: datetime) -> list[Appointment]:
    """The visits to come at this centre about which something is asked, earliest first."""
    today, _ = day_bounds(clinic_day(now))
    query = appointments().where(
        Appointment.centre_id == centre_id,
        Appointment.question.is_not(None),
        Appointment.starts_at >= today,
    )
    return [appointment for appointment in db.session.scalars(query) if asked_about(appointment)]


def _record(
    action: str, appointment: Appointment, by: int | None, now: datetime, **details: object
) -> None:
    audit.record(action, appointment, by=by, now=now, centre_id=appointment.centre_id, **details)
