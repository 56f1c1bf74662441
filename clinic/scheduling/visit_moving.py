"""An appointment is moved for a family by the centre: only as it was when this was shown."""

from datetime import datetime

from clinic.accounts.models import Person
from clinic.db import db
from clinic.scheduling import booking, places
from clinic.scheduling.models import Appointment
from clinic.scheduling.rota_publishing import ShownBefore
from clinic.scheduling.wanted import Wanted


def move_as_shown(
    appointment: Appointment, wanted: Wanted, version: int, *, by: Person, now: datetime
) -> Appointment:
    """Move the appointment that was shown in that version. Raises ShownBefore, and as `booking.move`."""
    slot_ids = [*places.slots_of(appointment_id=appointment.id), *wanted.slot_ids]
    places.lock(slot_ids, [appointment.child_id])
    db.session.refresh(appointment)
    if appointment.version != version:
        raise ShownBefore
    return booking.move(appointment, wanted, by=by, online=False, now=now)
