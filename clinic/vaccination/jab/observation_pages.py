"""The board of children under observation, who leaves, and the report of a reaction."""

from collections.abc import Mapping

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import audit, clock
from clinic.accounts.access import allow, is_away, me, names_nobody
from clinic.accounts.rights import Deed, centres_for
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.outside import a_moment, id_of
from clinic.scheduling.models import Appointment
from clinic.scheduling.references import spoken
from clinic.typed import Errors, text_in, typed_in
from clinic.vaccination.blueprint import bp
from clinic.vaccination.jab import giving, observation
from clinic.vaccination.jab import queries as jab_queries
from clinic.vaccination.programme.catalogue import vaccines
from clinic.web import is_htmx, render, see_other, shown_on

MOST = {"symptom": 300, "treatment": 500, "outcome": 300, "reason": 300}


@bp.get("/observation", endpoint="observation")
@allow(Deed.WATCH)
@names_nobody("while its reader is away it shows times and tickets only")
def board() -> Response:
    return _board({}, {})


@bp.post("/visits/<id:appointment_id>/over", endpoint="over")
@allow(Deed.WATCH)
@names_nobody("it answers with the board, which shows times and tickets only to who was away")
@shown_on("vaccination.observation")
def note_over(appointment_id: int) -> Response:
    """The alert at the top was seen; a part of the page, so that a reason half typed stays."""
    appointment = jab_queries.get_appointment(me(), appointment_id, Deed.WATCH)
    by, now = me(), clock.now()
    try:
        in_one_transaction(lambda: observation.note_over(appointment, by=by, now=now))
    except DomainError as refused:
        return _board({appointment.id: say(refused)}, {})
    if is_htmx():
        return _board({}, {})
    return see_other("vaccination.observation", leaving=id_of(request.args, "leaving"))


@bp.post("/visits/<id:appointment_id>/leaving", endpoint="leaving")
@allow(Deed.WATCH)
@shown_on("vaccination.observation")
def leave(appointment_id: int) -> Response:
    appointment = jab_queries.get_appointment(me(), appointment_id, Deed.WATCH)
    by, now, typed, errors = me(), clock.now(), typed_in(request.form), Errors()
    reason = text_in(typed, "reason", errors, most=MOST["reason"])
    try:
        if not errors:
            in_one_transaction(lambda: observation.leave(appointment, reason, by=by, now=now))
    except DomainError as refused:
        errors["reason"] = say(refused)
    if errors:
        return _board({appointment.id: errors["reason"]}, {appointment.id: typed.get("reason", "")})
    return see_other("vaccination.observation")


def _board(errors: Mapping[int, str], typed: Mapping[int, str]) -> Response:
    """The whole, or only the list when the page asks again. What was refused stands at its child."""
    now = clock.now()
    staying = observation.staying_at(centres_for(me(), Deed.WATCH), now=now)
    if not is_away():
        audit.note_list("observation", [stay.observation.appointment for stay in staying])
    seen = {stay.observation.appointment_id for stay in staying}
    return render(
        "vaccination/observation.html",
        partial="vaccination/_staying.html",
        status=422 if errors else 200,
        staying=staying,
        over=sum(stay.minutes == 0 and not stay.has_reaction for stay in staying),
        errors=errors,
        rest=[text for visit_id, text in errors.items() if visit_id not in seen],
        typed=typed,
        spoken=spoken,
        leaving=id_of(request.args, "leaving"),
    )


@bp.route("/visits/<id:appointment_id>/reaction", methods=["GET", "POST"])
@allow(Deed.REPORT_REACTIONS)
def reaction(appointment_id: int) -> Response:
    appointment = jab_queries.get_appointment(me(), appointment_id, Deed.REPORT_REACTIONS)
    if request.method != "POST":
        return _form(appointment, _written(appointment), {})
    typed = typed_in(request.form)
    errors = _save(appointment, typed)
    if errors:
        return _form(appointment, typed, errors)
    flash(_("The report is saved."), "success")
    return see_other("vaccination.observation")


@bp.get("/visits/<id:appointment_id>/reaction/report")
@allow(Deed.REPORT_REACTIONS)
def reaction_report(appointment_id: int) -> Response:
    """The visit's reactions on paper, in both languages."""
    appointment = jab_queries.get_appointment(me(), appointment_id, Deed.REPORT_REACTIONS)
    audit.note_read(appointment.child_id, appointment.centre_id)
    return render(
        "vaccination/reaction_report.html",
        appointment=appointment,
        reference=spoken(appointment.booking.reference),
        reports=jab_queries.reactions_of(appointment.id),
        given=giving.given_at(appointment.id),
        vaccines=vaccines(),
        local=clock.local,
    )


def _save(appointment: Appointment, typed: Mapping[str, str]) -> Errors:
    errors, needed = Errors(), {"symptom": _("Please fill this in.")}
    needed["treatment"] = needed["symptom"]
    texts = {
        name: text_in(typed, name, errors, most=MOST[name], required=needed.get(name, ""))
        for name in ("symptom", "treatment", "outcome")
    }
    moment = a_moment(typed.get("onset"))
    if moment is None:
        errors["onset"] = _("Enter day and time as 2025-03-01T09:30.")
    if errors or moment is None:
        return errors
    by, now, onset_at = me(), clock.now(), moment.replace(tzinfo=clock.zone())
    try:
        in_one_transaction(
            lambda: observation.report(appointment, onset_at=onset_at, by=by, now=now, **texts)
        )
    except DomainError as refused:
        name = "onset" if isinstance(refused, observation.OnsetOutside) else "symptom"
        return {name: say(refused)}
    return {}


def _written(appointment: Appointment) -> dict[str, str]:
    """What the open report says, or the present moment."""
    row = observation.open_reaction(appointment.id)
    onset_at = clock.local(row.onset_at if row else clock.now())
    typed = {"onset": f"{onset_at:%Y-%m-%dT%H:%M}"}
    if row:
        typed |= {"symptom": row.symptom, "treatment": row.treatment}
    return typed


def _form(appointment: Appointment, typed: Mapping[str, str], errors: Errors) -> Response:
    audit.note_read(appointment.child_id, appointment.centre_id)
    return render(
        "vaccination/reaction.html",
        status=422 if errors else 200,
        appointment=appointment,
        reference=spoken(appointment.booking.reference),
        typed=typed,
        errors=errors,
        most=MOST,
        reports=jab_queries.reactions_of(appointment.id),
        observed=jab_queries.observation_of(appointment.id),
    )
