"""The clinician's page of a health check: what is due at that age, saved as a draft or finished."""

from collections.abc import Mapping
from dataclasses import replace

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts.access import allow, me
from clinic.accounts.rights import Deed
from clinic.checkups.blueprint import bp
from clinic.checkups.check import queries, recording
from clinic.checkups.check.case import CheckAtHand, case_of
from clinic.checkups.check.forms import (
    Typed,
    TypedCheck,
    read,
    typed_of,
    unfinished,
)
from clinic.checkups.check.merging import merge
from clinic.checkups.check.show import OVER, show, show_nothing
from clinic.checkups.due.referral import referral
from clinic.checkups.growth.measuring import Doubt
from clinic.clock import clinic_day
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.scheduling.status import status_of
from clinic.sentences import mark
from clinic.web import see_other

FINISH = "finish"
TOO_EARLY = mark("This appointment has not begun yet.")
TOOK_NO_PLACE = mark("This visit did not take place. Nothing can be recorded.")


@bp.route("/visits/<id:appointment_id>", methods=["GET", "POST"])
@allow(Deed.WRITE_CHECKS)
def check(appointment_id: int) -> Response:
    """The page; a POST saves, finishes, or (while one types) only says what the numbers mean."""
    appointment = queries.get_check(me(), appointment_id)
    case = case_of(appointment)
    if case is None:
        return show_nothing(appointment)
    if request.method != "POST":
        return show(case, Typed(case.fields, case.fields, case.version))
    typed = typed_of(request.form, case.sheet, case.answers)
    if typed.action not in ("save", FINISH):
        return show(case, typed)
    if status_of(appointment) in OVER:
        return show(case, typed, refusal=Doubt(TOOK_NO_PLACE, {}))
    if case.on > clinic_day(clock.now()):
        return show(case, typed, refusal=Doubt(TOO_EARLY, {}))
    return _save(case, typed) if typed.version == case.version else _merged(case, typed)


def _save(case: CheckAtHand, typed: Typed) -> Response:
    """Keep it all or nothing, or say at each field why not."""
    reading = read(case.sheet, typed.fields, case.patient, case.on, case.before, case.fields)
    errors = reading.questions
    if typed.action == FINISH:
        missing = unfinished(case.sheet, typed.fields, reading.found, case.age_months)
        errors = missing | errors
        errors = {field: errors[field] for field in case.sheet.fields if field in errors}
    if errors:
        return show(case, typed, errors=errors)
    try:
        in_one_transaction(lambda: _keep(case, typed, reading))
    except recording.SavedMeanwhile:
        return _merged(case_of(case.appointment) or case, typed)
    except DomainError as refused:
        return show(case, typed, refusal=refused)
    is_finish = typed.action == FINISH
    flash(_("The check is finished.") if is_finish else _("The draft is saved."), "success")
    return see_other("checkups.check", appointment_id=case.appointment.id)


def _keep(case: CheckAtHand, typed: Typed, reading: TypedCheck) -> None:
    now, by, appointment = clock.now(), me(), case.appointment
    target = recording.Target(
        appointment.child_id,
        appointment.centre_id,
        case.sheet.check_age.id,
        case.on,
        appointment.id,
    )
    found = reading.found | _why(case, reading.found)
    done = recording.save_check(
        target, typed.version, reading.measured.values(), found, by=by, now=now
    )
    if typed.action == FINISH:
        recording.finish_check(done, appointment, by=by, now=now, note=found.get("note", ""))


def _why(case: CheckAtHand, found: Mapping[str, str]) -> dict[str, str]:
    """What a referral is for, kept with it."""
    sent_on = referral(case.sheet.check_age, found, case.age_months)
    if sent_on is None:
        return {}
    return {"referral-why": ",".join(check_question.code for check_question in sent_on.because)}


def _merged(case: CheckAtHand, typed: Typed) -> Response:
    """Somebody saved it meanwhile: theirs and mine in one form, on what is on record by now."""
    merged = merge(typed.base, {field: typed.fields[field] for field in case.fields}, case.fields)
    both = replace(
        typed,
        fields={**typed.fields, **merged.fields},
        base=case.fields,
        version=case.version,
        clashes=tuple(field for field in case.fields if field in merged.theirs),
    )
    return show(case, both, taken=tuple(field for field in case.fields if field in merged.taken))
