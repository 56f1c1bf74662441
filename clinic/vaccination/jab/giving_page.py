"""The vaccinator's page of a visit: the checks of the law, and the doses, on one screen."""

from collections.abc import Mapping, Sequence
from datetime import date

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import audit, clock
from clinic.accounts.access import allow, me
from clinic.accounts.rights import Deed
from clinic.clock import clinic_day
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import name_of, say
from clinic.plain import number_of_a_lot
from clinic.questionnaires.answers import is_fresh
from clinic.questionnaires.asking_again import answered_yes
from clinic.scheduling.models import Appointment
from clinic.scheduling.references import spoken
from clinic.scheduling.status import status_of
from clinic.typed import Errors, text_in, typed_in
from clinic.vaccination.blueprint import bp
from clinic.vaccination.jab import (
    before,
    giving,
    screening,
)
from clinic.vaccination.jab import (
    queries as jab_queries,
)
from clinic.vaccination.jab.corrected import corrections_shown, given_ids
from clinic.vaccination.jab.giving import Jab
from clinic.vaccination.jab.queries import DoseToGive
from clinic.vaccination.jab.rules import (
    CHECKS,
    ROUTES,
    SITES,
    sites_for,
)
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.programme.forecast import Forecast
from clinic.vaccination.programme.national import national
from clinic.vaccination.record.conditions import NAMES, live_conditions
from clinic.vaccination.record.plan import forecasts_of
from clinic.vaccination.stock.queries import good_lots
from clinic.web import render, see_other

MOST = 300  # characters of a reason
LONGEST_LOT = 40


@bp.route("/visits/<id:appointment_id>", endpoint="visit", methods=["GET", "POST"])
@allow(Deed.IMMUNIZE)
def vaccinate(appointment_id: int) -> Response:
    appointment = jab_queries.get_appointment(me(), appointment_id, Deed.IMMUNIZE)
    if request.method != "POST":
        return _page(appointment, {}, {})
    typed = typed_in(request.form)
    errors = _save(appointment, typed)
    if errors:
        return _page(appointment, typed, errors)
    flash(_("Recorded. The child stays for 30 minutes."), "success")
    return see_other("vaccination.visit", appointment_id=appointment.id)


def _save(appointment: Appointment, typed: Mapping[str, str]) -> Errors:
    """Give what was chosen, or say at each field why not."""
    by, now = me(), clock.now()
    jabs, errors = _jabs(jab_queries.lines_of(appointment, clinic_day(now)), typed)
    if errors:
        return errors
    checks = [check for check in CHECKS if f"check-{check}" in typed]
    try:
        in_one_transaction(lambda: giving.give(appointment, jabs, checks, by=by, now=now))
    except giving.DoseRefused as refused:
        if isinstance(refused.why, giving.NotDueNow):
            return {"doses": say(refused)}
        return {f"{refused.vaccine}-{_field_of(refused)}": say(refused)}
    except DomainError as refused:
        at_checks = isinstance(refused, giving.NotChecked)
        return {"checks" if at_checks else "doses": say(refused)}
    return {}


def _field_of(refused: giving.DoseRefused) -> str:
    if isinstance(refused.why, (giving.WrongSite, giving.SameSite)):
        return "site"
    if isinstance(refused.why, giving.NeedsReason):
        return "reason"
    return "give" if isinstance(refused.why, giving.NotAgreed) else "lot"


def _jabs(lines: Sequence[DoseToGive], typed: Mapping[str, str]) -> tuple[list[Jab], Errors]:
    """What is to be given, and what is said at each field.

    Neither a dose whose box was forgotten, nor one that the page does not show any more, is passed
    over: it may be in the child's arm.
    """
    jabs: list[Jab] = []
    errors: Errors = _gone(lines, typed)
    for line in lines:
        code = line.vaccine.code
        if f"{code}-give" not in typed:
            if any(typed.get(f"{code}-{name}") for name in ("lot", "number", "reason")):
                errors[f"{code}-give"] = _(
                    "Something is filled in for this dose. Tick it, or empty its fields."
                )
            continue
        name = f"{code}-number" if typed.get(f"{code}-number") else f"{code}-lot"
        number = text_in(typed, name, errors, most=LONGEST_LOT, reader=number_of_a_lot)
        reason = text_in(typed, f"{code}-reason", errors, most=MOST)
        if not number:
            errors[f"{code}-lot"] = errors.pop(name, _("Choose a lot, or type its number."))
        jabs.append(Jab(line, number, typed.get(f"{code}-site", ""), reason))
    return jabs, errors


def _gone(lines: Sequence[DoseToGive], typed: Mapping[str, str]) -> Errors:
    """Ticked doses that the record does not ask for any more: it was changed meanwhile."""
    shown = {line.vaccine.code for line in lines}
    gone = [
        vaccine
        for code, vaccine in vaccines().items()
        if f"{code}-give" in typed and code not in shown
    ]
    if not gone:
        return {}
    names = _(", ").join(name_of(vaccine) for vaccine in gone)
    return {
        "doses": _(
            "The record was changed meanwhile: %(vaccines)s is not due at this visit any more. "
            "Nothing was saved; look at the record first.",
            vaccines=names,
        )
    }


def _due_next(appointment: Appointment, today: date) -> list[Forecast]:
    """What may be given now or comes next, the first first."""
    found = [
        forecast
        for forecast in forecasts_of([appointment.child], today)[appointment.child_id]
        if forecast.earliest
    ]
    wanted = [
        forecast for forecast in found if forecast.may_be_given or forecast.status == "upcoming"
    ]
    return sorted(wanted, key=lambda one: one.earliest or date.max)


def _page(appointment: Appointment, typed: Mapping[str, str], errors: Errors) -> Response:
    """The page; a look at a child's record is written down."""
    now = clock.now()
    today = clinic_day(now)
    audit.note_read(appointment.child_id, appointment.centre_id)
    observation = jab_queries.observation_of(appointment.id)
    lines = [] if observation else jab_queries.lines_of(appointment, today)
    codes = [line.vaccine.code for line in lines]
    answers = jab_queries.screening_of(appointment.id)
    given = giving.given_at(appointment.id)
    return render(
        "vaccination/visit.html",
        status=422 if errors else 200,
        appointment=appointment,
        is_mine=appointment.practitioner.user_id == me().id,  # whose calendar books what comes next
        reference=spoken(appointment.booking.reference),
        standing=status_of(appointment),
        typed=typed,
        errors=errors,
        lines=lines,
        lots=good_lots(appointment.centre_id, codes, today),
        conditions=live_conditions([appointment.child_id])[appointment.child_id],
        answers=answers,
        health=answered_yes(before.ASKS_AGAIN, [appointment.id], now).get(appointment.id),
        is_fresh=bool(answers and is_fresh(answers.at, now, screening.GOOD_FOR)),
        outcomes={code: before.outcome_of(answers, code, today) for code in codes},
        consents=jab_queries.consents_of(appointment.id),
        checks=CHECKS,
        sites=SITES,
        sites_for=sites_for,
        routes=ROUTES,
        observation=observation,
        given=given,
        given_ids=given_ids(given, [appointment.centre_id]),
        corrections=corrections_shown(given),
        due_next=_due_next(appointment, today)[:6],
        series_names=national().names,
        vaccines=vaccines(),
        names=NAMES,
    )
