"""An appointment is moved for a family by the centre: only as it was when this was shown."""

from collections.abc import Iterable

from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling import places
from clinic.scheduling.models import Appointment
from clinic.sentences import mark


class ShownBefore(DomainError):
    message = mark(
        "A booking or another change came in since this was shown. This is what would change now."
    )


def must_be_as_shown(appointment: Appointment, slot_ids: Iterable[int], version: int) -> None:
    """Lock it with the slots that it is to have. Raises ShownBefore unless it is in that version."""
    held = places.slots_around([appointment.id])
    places.lock([*held, *slot_ids], [appointment.child_id])
    db.session.refresh(appointment)
    if appointment.version != version:
        raise ShownBefore
