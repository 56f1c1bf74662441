"""Before a check-in: what the family answered with yes is asked again."""

from collections.abc import Mapping
from datetime import datetime

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import audit, clock
from clinic.accounts.access import allow, me
from clinic.accounts.rights import Deed
from clinic.amounts import Kind, amount_of
from clinic.clock import clinic_day
from clinic.db import in_one_transaction
from clinic.desk.blueprint import bp
from clinic.desk.queries import get_appointment
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.questionnaires.asking_again import AnsweredYes, AsksAgain, ask_again
from clinic.questionnaires.forms import field_of, named
from clinic.scheduling.models import Appointment
from clinic.scheduling.status import Status, status_of
from clinic.services.room import answers_of, must_ask, room_of
from clinic.typed import Errors, text_in, typed_in
from clinic.visits import arriving
from clinic.web import render, see_other


@bp.route("/appointments/<id:appointment_id>/answers", methods=["GET", "POST"])
@allow(Deed.CHECK_IN)
def answers(appointment_id: int) -> Response:
    """The questions that were answered with yes: still so? Then the child is checked in.

    With `family` in the address the whole family is: after this child, whoever else is to be asked.
    """
    appointment, now = get_appointment(me(), appointment_id), clock.now()
    asks_again = room_of(appointment.service.kind).asks_again
    health = answers_of([appointment], now).get(appointment.id)
    if asks_again is None or health is None:
        return see_other("desk.show", appointment_id=appointment.id)
    if request.method == "GET":
        return _page(appointment, health, {}, {}, now)
    typed = typed_in(request.form)
    errors: Errors = {}
    still, tenths, note = _read(asks_again, health, typed, errors)
    if errors:
        return _page(appointment, health, typed, errors, now)

    def work() -> Appointment | None:
        ask_again(appointment, health, still=still, tenths=tenths, note=note, by=me(), now=now)
        return _check_in(appointment, now)

    try:
        next_one = in_one_transaction(work)
    except DomainError as error:
        return _page(
            get_appointment(me(), appointment_id), health, typed, {"answers": say(error)}, now
        )
    if next_one:
        return see_other("desk.answers", appointment_id=next_one.id, family=1)
    if status_of(appointment) is Status.ARRIVED:
        flash(_("%(name)s is checked in.", name=appointment.child.name))
    return see_other("desk.today", centre=appointment.centre.code)


def _read(
    asks_again: AsksAgain, health: AnsweredYes, typed: Mapping[str, str], errors: Errors
) -> tuple[list[str], int | None, str]:
    """The codes that are still so, the temperature in tenths of a degree, and the note."""
    still = []
    for question in health.yes:
        answer = typed.get(field_of(question.code))
        if answer not in ("yes", "no"):
            errors[field_of(question.code)] = _("Please answer yes or no.")
        elif answer == "yes":
            still.append(question.code)
    tenths = None
    if typed.get("temperature"):
        try:
            tenths = amount_of(Kind.TEMPERATURE, typed["temperature"])
        except DomainError as refused:
            errors["temperature"] = say(refused)
    elif asks_again.measured in still:
        errors["temperature"] = _("Please measure the temperature.")
    return still, tenths, text_in(typed, "note", errors, most=300)


def _check_in(visit: Appointment, now: datetime) -> Appointment | None:
    """Check in the visit, or its family. Who is to be asked first, if anybody of it is."""
    is_today = clinic_day(visit.starts_at) == clinic_day(now)
    if not is_today or status_of(visit) not in (Status.BOOKED, Status.NO_SHOW):
        return None
    family = arriving.family_of(visit, now) if request.args.get("family") else []
    for appointment in family:
        if must_ask(appointment, now):
            return appointment
    arriving.check_in_family(family or [visit], by=me(), now=now)
    return None


def _page(
    appointment: Appointment,
    health: AnsweredYes,
    typed: Mapping[str, str],
    errors: Errors,
    now: datetime,
) -> Response:
    audit.note_read(appointment.child_id, appointment.centre_id)
    is_today = clinic_day(appointment.starts_at) == clinic_day(now)
    return render(
        "desk/answers.html",
        status=422 if errors else 200,
        appointment=appointment,
        health=health,
        typed=typed,
        errors=errors,
        named=named(health.yes) | {"temperature": _("Temperature") + ": "},
        checks_in=is_today and status_of(appointment) in (Status.BOOKED, Status.NO_SHOW),
    )
