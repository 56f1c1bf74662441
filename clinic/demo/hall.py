"""Who is here has a ticket; the first of each doctor has been called."""

from datetime import timedelta

from sqlalchemy import select

from clinic.centres.models import Room
from clinic.clock import day_bounds
from clinic.db import db
from clinic.scheduling.models import Appointment
from clinic.services.demo import City
from clinic.visits import arriving, line
from clinic.visits.rules import State
from clinic.visits.stations import stations


def fill(city: City) -> None:
    """Give tickets at every centre to the children who have arrived today and are not done."""
    start, end = day_bounds(city.today)
    query = (
        select(Appointment)
        .where(
            Appointment.starts_at >= start,
            Appointment.starts_at < end,
            Appointment.arrived_at.is_not(None),
            Appointment.done_at.is_(None),
        )
        .order_by(Appointment.starts_at, Appointment.id)
    )
    called, busy = set(), set()  # rooms, and visits: a child is in one place at a time
    for appointment in db.session.scalars(query).all():
        by, came = (
            city.receptions[appointment.centre_id],
            appointment.arrived_at or appointment.starts_at,
        )
        ticket = arriving.check_in(appointment, by=by, now=came)
        if ticket is None or ticket.state is not State.WAITING:
            continue
        if appointment.room_id in called or ticket.visit_id in busy:
            continue
        if stations()[ticket.station].by_room:
            called.add(appointment.room_id)
            busy.add(ticket.visit_id)
            room = db.session.get_one(Room, appointment.room_id)
            after = max(came, min(came + timedelta(minutes=10), city.now - timedelta(minutes=1)))
            line.call(ticket, room, seen=ticket.steps, by=by, now=after)
    db.session.flush()
