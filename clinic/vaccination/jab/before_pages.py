"""The questions about health and the consents of a visit: by a guardian at home, or asked at the centre."""

from collections.abc import Mapping, Sequence

from flask import Response, abort, flash, request
from flask_babel import gettext as _

from clinic import audit, clock
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.accounts.rights import Deed
from clinic.booking.queries import get_appointment
from clinic.clock import clinic_day
from clinic.db import in_one_transaction
from clinic.families.consenting import needs_consent
from clinic.i18n import language, name_of
from clinic.questionnaires import forms
from clinic.questionnaires.answers import Answer, is_fresh
from clinic.questionnaires.models import QuestionnaireResponse
from clinic.questionnaires.questionnaire import Question
from clinic.scheduling.models import Appointment
from clinic.scheduling.status import Status, status_of
from clinic.typed import Errors, typed_in
from clinic.vaccination.blueprint import bp
from clinic.vaccination.jab import (
    before,
    consent,
    screening,
)
from clinic.vaccination.jab import (
    queries as jab_queries,
)
from clinic.vaccination.jab.queries import DoseToGive
from clinic.web import render, see_other

OPEN = (Status.BOOKED, Status.ARRIVED)


@bp.route("/appointments/<id:appointment_id>/before", endpoint="before", methods=["GET", "POST"])
@allow(Role.PARENT)
@needs_consent
def at_home(appointment_id: int) -> Response:
    appointment = get_appointment(me(), appointment_id)
    if appointment.service.kind != "vaccination":
        abort(404)
    return _answer(appointment, is_staff=False)


@bp.route("/visits/<id:appointment_id>/before", endpoint="ask", methods=["GET", "POST"])
@allow(Deed.IMMUNIZE)
def at_the_centre(appointment_id: int) -> Response:
    return _answer(jab_queries.get_appointment(me(), appointment_id, Deed.IMMUNIZE), is_staff=True)


def _answer(appointment: Appointment, *, is_staff: bool) -> Response:
    """The page, or what was answered."""
    day = max(clinic_day(appointment.starts_at), clinic_day(clock.now()))
    lines = jab_queries.lines_of(appointment, day)
    if not is_staff and any(line.is_reserved for line in lines):
        lines = [line for line in lines if line.is_reserved]
    if request.method != "POST":
        return _page(appointment, lines, _kept(appointment), {}, is_staff=is_staff)
    typed = typed_in(request.form)
    answers, errors = forms.answers_in(
        _asked_of(appointment, is_staff=is_staff),
        typed,
        birth_date=appointment.child.birth_date,
        today=clinic_day(clock.now()),
    )
    decisions, missing = _decisions(lines, typed)
    errors |= missing
    if status_of(appointment) not in OPEN:
        errors = {"before": _("This visit is over. Nothing can be changed any more.")}
    if errors:
        return _page(appointment, lines, typed, errors, is_staff=is_staff)
    in_one_transaction(lambda: _save(appointment, answers, lines, decisions))
    flash(_("Thank you, that is saved."), "success")
    page = "vaccination.visit" if is_staff else "vaccination.before"
    return see_other(page, appointment_id=appointment.id)


def _asked_of(appointment: Appointment, *, is_staff: bool) -> tuple[Question, ...]:
    """What is asked of this child, as old as it is at the visit."""
    child, on = appointment.child, clinic_day(appointment.starts_at)
    current = screening.versions().current
    return current.asked_of(child.birth_date, child.sex, on, by_staff=is_staff)


def _save(
    appointment: Appointment,
    answers: Mapping[str, Answer],
    lines: Sequence[DoseToGive],
    decisions: Sequence[tuple[DoseToGive, bool]],
) -> None:
    now, by, codes = clock.now(), me(), [line.vaccine.code for line in lines]
    before.answer(appointment, answers, codes, language=language(), by=by, now=now)
    before.decide(appointment, decisions, language=language(), by=by, now=now)


def _decisions(
    lines: Sequence[DoseToGive], typed: Mapping[str, str]
) -> tuple[list[tuple[DoseToGive, bool]], Errors]:
    """For every dose that is reserved a decision; for others if one was made."""
    decisions: list[tuple[DoseToGive, bool]] = []
    errors: Errors = {}
    for line in lines:
        name = f"c-{line.vaccine.code}"
        if typed.get(name) in ("yes", "no"):
            decisions.append((line, typed[name] == "yes"))
        elif line.is_reserved:
            errors[name] = _("Please agree or refuse.")
    return decisions, errors


def _kept(appointment: Appointment) -> dict[str, str]:
    """What was answered within a day, and decided."""
    typed: dict[str, str] = {}
    row = jab_queries.screening_of(appointment.id)
    if row and _is_fresh(row):
        typed |= forms.typed_of(screening.versions().still_answered(row.version, row.given))
    for code, decision in jab_queries.consents_of(appointment.id).items():
        typed[f"c-{code}"] = "yes" if decision.given else "no"
    return typed


def _is_fresh(row: QuestionnaireResponse | None) -> bool:
    return row is not None and is_fresh(row.at, clock.now(), screening.GOOD_FOR)


def _named(asked: Sequence[Question], lines: Sequence[DoseToGive]) -> dict[str, str]:
    """What each field asks, for the list of what needs another look."""
    return forms.named(asked) | {
        f"c-{line.vaccine.code}": name_of(line.vaccine) + ": " for line in lines
    }


def _page(
    appointment: Appointment,
    lines: Sequence[DoseToGive],
    typed: Mapping[str, str],
    errors: Errors,
    *,
    is_staff: bool,
) -> Response:
    if is_staff:
        audit.note_read(appointment.child_id, appointment.centre_id)
    day = max(clinic_day(appointment.starts_at), clinic_day(clock.now()))
    row = jab_queries.screening_of(appointment.id)
    decided = jab_queries.consents_of(appointment.id)
    asked = _asked_of(appointment, is_staff=is_staff)
    return render(
        "vaccination/before.html",
        status=422 if errors else 200,
        appointment=appointment,
        lines=lines,
        typed=typed,
        errors=errors,
        named=_named(asked, lines),
        refused=[
            name_of(line.vaccine)
            for line in lines
            if line.vaccine.code in decided and not decided[line.vaccine.code].given
        ],
        questions=asked,
        consent=consent,
        row=row,
        is_fresh=_is_fresh(row),
        outcomes={
            line.vaccine.code: before.outcome_of(row, line.vaccine.code, day) for line in lines
        },
        is_open=status_of(appointment) in OPEN,
        is_staff=is_staff,
    )
