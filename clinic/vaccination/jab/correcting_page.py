"""Staff correct the record of a dose that was given at their centre."""

from collections.abc import Mapping

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import audit, clock, plain
from clinic.accounts.access import allow, me
from clinic.accounts.rights import Deed
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.outside import an_id
from clinic.scheduling.models import Appointment
from clinic.typed import Errors, text_in, typed_in
from clinic.vaccination.blueprint import bp
from clinic.vaccination.jab import correcting
from clinic.vaccination.jab import queries as jab_queries
from clinic.vaccination.jab.corrected import corrections_shown
from clinic.vaccination.jab.correcting import Facts
from clinic.vaccination.jab.giving import WrongSite
from clinic.vaccination.jab.giving_page import LONGEST_LOT
from clinic.vaccination.jab.models import GivenDose
from clinic.vaccination.jab.rules import SITES, sites_for
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import Immunization
from clinic.vaccination.stock.queries import good_lots
from clinic.web import render, see_other

MOST = 120  # characters of a reason


@bp.route("/given/<id:given_id>/correction", methods=["GET", "POST"])
@allow(Deed.CORRECT_IMMUNIZATIONS)
def correct(given_id: int) -> Response:
    given, row = correcting.get_given(given_id)
    appointment = jab_queries.get_appointment(
        me(), row.appointment_id or 0, Deed.CORRECT_IMMUNIZATIONS
    )
    if request.method != "POST":
        return _page(appointment, given, row, _recorded(row), {})
    typed = typed_in(request.form)
    try:
        errors = _save(given_id, typed)
    except recording.ChangedMeanwhile as refused:
        return _page(appointment, given, row, typed, {"reason": say(refused)}, status=409)
    if errors:
        return _page(appointment, given, row, typed, errors)
    flash(_("The record is corrected."), "success")
    return see_other("vaccination.visit", appointment_id=appointment.id)


def _save(given_id: int, typed: Mapping[str, str]) -> Errors:
    """Correct it, or say at each field why not. Raises ChangedMeanwhile."""
    errors, by, now = Errors(), me(), clock.now()
    name = "number" if typed.get("number") else "lot"
    lot = text_in(typed, name, errors, most=LONGEST_LOT, reader=plain.number_of_a_lot)
    if not lot:
        errors["lot"] = errors.pop(name, _("Choose a lot, or type its number."))
    why = _("Write down why, in at most 120 characters.")
    reason = text_in(typed, "reason", errors, most=MOST, reader=plain.line, required=why)
    if errors:
        return errors
    facts = Facts(lot, typed.get("site", ""), an_id(typed.get("giver")) or 0)
    seen = an_id(typed.get("seen")) or 0
    try:
        in_one_transaction(
            lambda: correcting.correct(given_id, facts, reason, seen=seen, by=by, now=now)
        )
    except recording.ChangedMeanwhile:
        raise
    except DomainError as refused:
        return {_field_of(refused): say(refused)}
    return {}


def _field_of(refused: DomainError) -> str:
    if isinstance(refused, WrongSite):
        return "site"
    return "giver" if isinstance(refused, correcting.NotOfThisCentre) else "lot"


def _recorded(row: Immunization) -> dict[str, str]:
    """What the record says, as the form's fields have it."""
    return {"lot": row.lot_number, "site": row.site, "giver": str(row.performed_by_id)}


def _page(
    appointment: Appointment,
    given: GivenDose,
    row: Immunization,
    typed: Mapping[str, str],
    errors: Errors,
    *,
    status: int = 422,
) -> Response:
    audit.note_read(appointment.child_id, appointment.centre_id)
    db.session.refresh(row)
    done = corrections_shown([row])[row.id]
    return render(
        "vaccination/correction.html",
        status=status if errors else 200,
        appointment=appointment,
        row=row,
        vaccine=vaccines()[row.vaccine],
        lots=_lots(row, typed),
        sites={site: _(SITES[site]) for site in sites_for(row.route)},
        givers=correcting.givers(row),
        done=done,
        recorded=_recorded(row),
        typed=typed,
        errors=errors,
        most=MOST,
    )


def _lots(row: Immunization, typed: Mapping[str, str]) -> dict[str, str]:
    """The numbers of the lots that were good on that day; first those on record and chosen."""
    assert row.centre_id
    good = good_lots(row.centre_id, [row.vaccine], row.given_on)[row.vaccine]
    numbers = (row.lot_number, typed.get("lot", ""), *(lot.number for lot in good))
    return {number: number for number in numbers if number}
