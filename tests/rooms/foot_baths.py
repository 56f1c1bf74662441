"""A kind of service that only the tests have: all that a new one needs, in one place."""

from flask import render_template_string
from sqlalchemy import select

from clinic import audit
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.booking import booking_pages
from clinic.calendar.queries import get_own
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.models import Appointment
from clinic.services.due import DueItem, Standing
from clinic.services.room import Link, ServiceRoom
from clinic.visits.stations import Pathway, Station

bp = booking_pages("foot_baths", "Foot baths")
BASIN = Station("basin", "足浴池", "Basin", 20, frozenset({"clinician"}), by_room=True)
WHY = ("睡前泡脚", "Before bed")


@bp.get("/visits/<id:appointment_id>", endpoint="record")
@allow(Role.CLINICIAN)
def record(appointment_id):
    appointment = get_own(me(), appointment_id)
    audit.note_read(appointment.child_id, appointment.centre_id)
    return render_template_string("<h1>40 °C</h1> {{ name }}", name=appointment.child.name)


def link_record(appointment):
    return Link("Fill the basin", "ruler", "foot_baths.record", {"appointment_id": appointment.id})


def due(children, on):
    ids = [child.id for child in children]
    rows = db.session.scalars(select(Appointment).where(Appointment.child_id.in_(ids)))
    days = {row.child_id: clinic_day(row.starts_at) for row in rows}
    facts = ("foot_baths", "BATH", "足浴", "Foot bath", *WHY, "BATH", Standing.DUE, on, on, None)
    return {each: [DueItem(*facts, booked_on=days.get(each))] for each in ids}


FOOT_BATHS = ServiceRoom(
    kind="foot_baths",
    title="Foot baths",
    about="Warm water for tired feet.",
    book="Book a foot bath",
    icon="sprout",
    pages=bp,
    pathway=Pathway("F", ("screening", BASIN.code), (BASIN,)),
    link_record=link_record,
    due=due,
)
