"""A parent answers the warning signs and a few questions before a check, at home in two minutes."""

import json
from collections.abc import Mapping

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.checkups.blueprint import bp
from clinic.checkups.check import queries as check_queries
from clinic.checkups.check import recording
from clinic.checkups.due import questions
from clinic.checkups.due.schedule import CheckAge
from clinic.db import in_one_transaction
from clinic.families.consenting import needs_consent
from clinic.outside import an_object
from clinic.scheduling.models import Appointment
from clinic.scheduling.status import Status, status_of
from clinic.web import is_htmx, render, see_other

Errors = dict[str, str]
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
    one = check_queries.check_age_at(
        appointment, check_queries.check_of(appointment.id), check_queries.done_before(appointment)
    )
    if one is None:
        return render("checkups/no_check.html", appointment=appointment, back="appointments.show")
    if request.method != "POST":
        return _page(appointment, one, check_queries.answers_of(appointment.child_id, one), {})
    if status_of(appointment) not in OPEN:
        closed = _("This visit is over. Nothing can be changed any more.")
        return _page(
            appointment,
            one,
            check_queries.answers_of(appointment.child_id, one),
            {"before": closed},
        )
    new = _changed(one, request.form)
    in_one_transaction(
        lambda: recording.answer(appointment.child, one.id, new, by=me(), now=clock.now())
    )
    answers = check_queries.answers_of(appointment.child_id, one)
    missing = questions.unanswered(one, answers)
    if is_htmx():
        return _page(appointment, one, answers, {})
    if missing:
        words = _("Please choose an answer.")
        return _page(appointment, one, answers, {each.code: words for each in missing})
    flash(_("Thank you, that is saved. The doctor sees your answers."), "success")
    return see_other("appointments.show", appointment_id=appointment.id)


def _changed(one: CheckAge, form: Mapping[str, str]) -> dict[str, str]:
    """The answers that were chosen; what somebody else changed meanwhile is left alone."""
    only, shown = form.get("only"), an_object(form.get("shown"))
    return {
        each.code: form[each.code]
        for each in questions.questions(one)
        if each.option(form.get(each.code, ""))
        and (each.code == only if only else form[each.code] != shown.get(each.code))
    }


def _page(
    appointment: Appointment, one: CheckAge, answers: Mapping[str, str], errors: Errors
) -> Response:
    """The page, or only how far they are."""
    return render(
        "checkups/before.html",
        partial="checkups/_before_progress.html",
        status=422 if errors else 200,
        appointment=appointment,
        check=one,
        signs=questions.signs(one),
        daily=questions.daily(one),
        missing=questions.unanswered(one, answers),
        answers=answers,
        shown=json.dumps(answers),
        errors=errors,
        is_open=status_of(appointment) in OPEN,
    )
