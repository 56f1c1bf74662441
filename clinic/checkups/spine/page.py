"""The clinician's page of a spine screening at school age: what was found, and what follows from it."""

from collections.abc import Mapping

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import audit, clock
from clinic.accounts.access import allow, me
from clinic.accounts.rights import Deed
from clinic.checkups.blueprint import bp
from clinic.checkups.check import recording
from clinic.checkups.check.page import TOO_EARLY, TOOK_NO_PLACE
from clinic.checkups.check.queries import check_of
from clinic.checkups.check.show import OVER, books
from clinic.checkups.growth.measuring import Doubt
from clinic.checkups.models import SPINE, CheckVisit
from clinic.checkups.spine.recording import found_at, get_screening, last_screened
from clinic.checkups.spine.rules import (
    FIELDS,
    SITES,
    outcome,
    read,
)
from clinic.clock import clinic_day
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.outside import id_of
from clinic.scheduling.models import Appointment
from clinic.scheduling.status import status_of
from clinic.sentences import Sentence
from clinic.web import render, see_other


@bp.route("/spine/<id:appointment_id>", methods=["GET", "POST"])
@allow(Deed.WRITE_CHECKS)
def spine(appointment_id: int) -> Response:
    """The page; a POST keeps a whole screening and ends the visit, once more corrects it."""
    appointment, now = get_screening(me(), appointment_id), clock.now()
    check = check_of(appointment.id)
    if request.method != "POST":
        return _page(appointment, check, found_at(check))
    typed = {name: request.form.get(name, "") for name in FIELDS}
    if status_of(appointment) in OVER:
        return _page(appointment, check, typed, refusal=Doubt(TOOK_NO_PLACE, {}))
    if clinic_day(appointment.starts_at) > clinic_day(now):
        return _page(appointment, check, typed, refusal=Doubt(TOO_EARLY, {}))
    found, errors = read(typed)
    if errors:
        return _page(appointment, check, typed, errors=errors)
    try:
        in_one_transaction(lambda: _keep(appointment, found))
    except DomainError as refused:
        appointment = get_screening(me(), appointment_id)
        return _page(appointment, check_of(appointment.id), typed, refusal=refused)
    flash(_("The screening is saved."), "success")
    return see_other("checkups.spine", appointment_id=appointment.id)


def _keep(appointment: Appointment, found: Mapping[str, str]) -> None:
    now, by, on = clock.now(), me(), clinic_day(appointment.starts_at)
    target = recording.Target(
        appointment.child_id, appointment.centre_id, SPINE, on, appointment.id
    )
    version = id_of(request.form, "version") or 0
    check = recording.save_check(target, version, (), found, by=by, now=now)
    recording.finish_check(check, appointment, by=by, now=now, note=found.get("note", ""))


def _page(
    appointment: Appointment,
    check: CheckVisit | None,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, Doubt] | None = None,
    refusal: Sentence | None = None,
) -> Response:
    """422 where something is refused; 409, with what is on record beside it, if it was saved meanwhile."""
    audit.note_read(appointment.child_id, appointment.centre_id)
    is_late = isinstance(refusal, recording.SavedMeanwhile)
    found = found_at(check) if check and check.finished_at else {}
    on, today = clinic_day(appointment.starts_at), clinic_day(clock.now())
    result = outcome(found, on) if found else None
    return render(
        "checkups/spine.html",
        status=409 if is_late else 422 if errors or refusal else 200,
        appointment=appointment,
        check=check,
        typed={name: typed.get(name, "") for name in FIELDS},
        saved=found if is_late else {},
        outcome=result,
        last=last_screened(appointment.child_id),
        sites=SITES,
        errors={name: say(doubt) for name, doubt in (errors or {}).items()},
        refusal=refusal,
        on=on,
        is_early=on > today,
        is_over=status_of(appointment) in OVER,
        books=books(appointment, result.again_on) if result and result.again_on else False,
    )
