"""Whom to call about a visit: the one page that shows phone numbers in full. Each look is noted."""

from flask import Response

from clinic import audit
from clinic.accounts.access import allow, me
from clinic.accounts.rights import Deed
from clinic.desk.blueprint import bp
from clinic.desk.queries import get_appointment
from clinic.web import render


@bp.get("/appointments/<id:appointment_id>/contacts")
@allow(Deed.SEE_CONTACTS)
def contacts(appointment_id: int) -> Response:
    appointment = get_appointment(me(), appointment_id, Deed.SEE_CONTACTS)
    child_id, centre_id = appointment.child_id, appointment.centre_id
    audit.note_read(child_id, centre_id)
    audit.note("read contacts", "children", child_id, centre_id=centre_id)
    return render("desk/contacts.html", appointment=appointment)
