"""A parent answers the warning signs and a few questions before a check, at home in two minutes."""

from collections.abc import Mapping

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.checkups.blueprint import bp
from clinic.checkups.check import queries as check_queries
from clinic.checkups.due import questions
from clinic.checkups.due.schedule import CheckAge
from clinic.clock import clinic_day
from clinic.db import in_one_transaction
from clinic.families.consenting import needs_consent
from clinic.i18n import language
from clinic.questionnaires import forms
from clinic.questionnaires.answers import Answer
from clinic.questionnaires.questionnaire import Question, unanswered
from clinic.questionnaires.responding import respond_to_some
from clinic.scheduling.models import Appointment
from clinic.scheduling.status import Status, status_of
from clinic.typed import Errors
from clinic.web import is_htmx, render, see_other

OPEN = (Status.BOOKED, Status.ARRIVED)


@bp.route("/appointments/<id:appointment_id>/before", methods=["GET", "POST"])
@allow(Role.PARENT)
@needs_consent
def before(appointment_id: int) -> Response:
    """The questions; what is answered is kept at once, half of them too.

    HTMX sends the one question that changed and gets the progress back; without scripts the
    button saves everything, and what is missing is said beside it.
    """
    appointment = check_queries.get_own_check(me(), appointment_id)
    check_age = check_queries.check_age_at(
        appointment, check_queries.check_of(appointment.id), check_queries.done_before(appointment)
    )
    if check_age is None:
        return render("checkups/no_check.html", appointment=appointment, back="appointments.show")
    if request.method != "POST":
        return _page(appointment, check_age, {})
    if status_of(appointment) not in OPEN:
        closed = _("This visit is over. Nothing can be changed any more.")
        return _page(appointment, check_age, {"before": closed})
    _keep(appointment, check_age)
    kept = forms.typed_of(check_queries.answers_of(appointment.child_id, check_age))
    _answers, missing = _read(appointment, check_age, kept)
    if is_htmx() or missing:
        return _page(appointment, check_age, {} if is_htmx() else missing)
    flash(_("Thank you, that is saved. The doctor sees your answers."), "success")
    return see_other("appointments.show", appointment_id=appointment.id)


def _keep(appointment: Appointment, check_age: CheckAge) -> None:
    """What was chosen; answers saved meanwhile are left alone."""
    chosen, _missing = _read(appointment, check_age, request.form)
    new = forms.changed_in(_asked_of(appointment, check_age), chosen, request.form)
    versions, child = questions.versions(check_age), appointment.child
    in_one_transaction(
        lambda: respond_to_some(versions, child, new, language=language(), by=me(), now=clock.now())
    )


def _asked_of(appointment: Appointment, check_age: CheckAge) -> tuple[Question, ...]:
    """What the family is asked of this child, as old as it is at the visit."""
    child, on = appointment.child, clinic_day(appointment.starts_at)
    return questions.versions(check_age).current.asked_of(child.birth_date, child.sex, on)


def _read(
    appointment: Appointment, check_age: CheckAge, typed: Mapping[str, str]
) -> tuple[dict[str, Answer], Errors]:
    """The answers, and what is missing or wrong, by field."""
    born, today = appointment.child.birth_date, clinic_day(clock.now())
    asked = _asked_of(appointment, check_age)
    return forms.answers_in(asked, typed, birth_date=born, today=today)


def _page(appointment: Appointment, check_age: CheckAge, errors: Errors) -> Response:
    """The page, or only how far they are."""
    answers = check_queries.answers_of(appointment.child_id, check_age)
    asked = _asked_of(appointment, check_age)
    return render(
        "checkups/before.html",
        partial="checkups/_before_progress.html",
        status=422 if errors else 200,
        appointment=appointment,
        check=check_age,
        signs=[question for question in asked if question.group == questions.SIGNS],
        daily=[question for question in asked if question.group == questions.DAILY],
        asked=asked,
        missing=unanswered(asked, answers),
        typed=forms.typed_of(answers),
        shown=forms.shown(answers),
        errors=errors,
        named=forms.named(asked),
        is_open=status_of(appointment) in OPEN,
    )
