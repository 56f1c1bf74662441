"""Staff look through a child's booklet and what is true of the child, while it has a visit at their centre."""

from collections.abc import Callable, Mapping

from flask import Response, abort, flash, request
from flask_babel import gettext as _

from clinic import audit, clock, plain
from clinic.accounts.access import allow, me
from clinic.accounts.rights import Deed, centres_for, may
from clinic.clock import clinic_day
from clinic.db import in_one_transaction
from clinic.i18n import say
from clinic.outside import a_day, an_id, ids_of
from clinic.scheduling.models import Appointment
from clinic.typed import Errors, text_in, typed_in
from clinic.vaccination.blueprint import bp
from clinic.vaccination.jab import queries as jab_queries
from clinic.vaccination.jab.corrected import corrections_shown, given_ids
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.record import conditions, recording
from clinic.vaccination.record.doubts import doubts, vaccinee
from clinic.vaccination.record.models import Condition
from clinic.web import render, see_other

MOST = 120  # characters of a reason
MOST_ROWS = 200  # of a booklet
NEEDED = {  # the right for each of the page's deeds
    "add": Deed.WRITE_CONDITIONS,
    "end": Deed.WRITE_CONDITIONS,
    "verify": Deed.IMMUNIZE,
    "verify-all": Deed.IMMUNIZE,
    "void": Deed.CORRECT_IMMUNIZATIONS,
}


@bp.route("/visits/<id:appointment_id>/record", endpoint="record", methods=["GET", "POST"])
@allow(Deed.READ_RECORD)
def page(appointment_id: int) -> Response:
    appointment = jab_queries.get_appointment(me(), appointment_id, Deed.READ_RECORD)
    if request.method != "POST":
        return _page(appointment, {}, {})
    typed = typed_in(request.form)
    deed, _colon, number = typed.get("deed", "").partition(":")
    if deed in NEEDED and not may(me(), NEEDED[deed], appointment.centre_id):
        abort(403)
    try:
        errors = _do(appointment, deed, an_id(number) or 0, typed)
    except recording.ChangedMeanwhile as refused:
        return _page(appointment, typed, {"record": say(refused)}, status=409)
    if errors:
        return _page(appointment, typed, errors)
    flash(_("Saved."), "success")
    return see_other("vaccination.record", appointment_id=appointment.id)


def _do(appointment: Appointment, deed: str, number: int, typed: Mapping[str, str]) -> Errors:
    """One of the page's deeds. Raises NoResultFound for a row of another child, ChangedMeanwhile."""
    by, now = me(), clock.now()

    def verify() -> None:
        # What came meanwhile was not seen.
        is_all = deed == "verify-all"
        for each in ids_of(request.form, "row", most=MOST_ROWS) if is_all else [number]:
            row = recording.get_row(appointment.child, each)
            if deed == "verify" and row.voided_at is not None:
                raise recording.ChangedMeanwhile
            if row.voided_at is None and row.verified_at is None:
                recording.verify(row, by=by, now=now)

    def void() -> None:
        row = recording.get_row(appointment.child, number)
        if (row.voided_by_id, row.void_reason) == (by.id, reason):
            return  # the same form again
        corrections = recording.corrections_of([number])[number]
        recording.must_be_as_shown(row, corrections, an_id(typed.get(f"seen-{number}")) or 0)
        recording.void(row, by=by, reason=reason, now=now)

    def end() -> None:
        conditions.end(appointment, number, by=by, now=now)

    if deed == "add":
        return _add(appointment, typed)
    works: dict[str, Callable[[], None]] = {
        "verify": verify,
        "verify-all": verify,
        "void": void,
        "end": end,
    }
    if deed not in works:
        return {"record": _("Please choose one.")}
    errors, why = Errors(), _("Write down why, in at most 120 characters.")
    reason = text_in(typed, f"reason-{number}", errors, most=MOST, reader=plain.line, required=why)
    if deed == "void" and errors:
        return errors
    in_one_transaction(works[deed])
    return {}


def _add(appointment: Appointment, typed: Mapping[str, str]) -> Errors:
    by, now = me(), clock.now()
    if typed.get("code") not in set(Condition):
        return {"code": _("Please choose one.")}
    code, on = Condition(typed["code"]), None
    if typed.get("on") or code is Condition.IMMUNOGLOBULIN:
        on = a_day(typed.get("on"))
        if on is None:
            return {"on": _("Enter a day, as 2026-03-01.")}
    try:
        in_one_transaction(lambda: conditions.add(appointment, code, on, by=by, now=now))
    except conditions.NotOnThatDay as refused:
        return {"on": say(refused)}
    return {}


def _page(
    appointment: Appointment, typed: Mapping[str, str], errors: Errors, *, status: int = 422
) -> Response:
    now = clock.now()
    audit.note_read(appointment.child_id, appointment.centre_id)
    rows, here = recording.history_of(appointment.child_id), appointment.centre_id
    return render(
        "vaccination/record.html",
        status=status if errors else 200,
        appointment=appointment,
        rows=rows,
        corrections=corrections_shown(rows),
        given_ids=given_ids(rows, centres_for(me(), Deed.CORRECT_IMMUNIZATIONS)),
        doubts=doubts(vaccinee(appointment.child), rows, clinic_day(now)),
        conditions=conditions.live_conditions([appointment.child_id])[appointment.child_id],
        names=conditions.NAMES,
        vaccines=vaccines(),
        typed=typed,
        errors=errors,
        may_confirm=may(me(), Deed.IMMUNIZE, here),
        may_correct=may(me(), Deed.CORRECT_IMMUNIZATIONS, here),
        may_enter=may(me(), Deed.WRITE_CONDITIONS, here),
    )
