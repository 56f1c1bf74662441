"""What was shown is done, and nothing else: the refusal where something changed in between."""

from collections.abc import Iterable

from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling import places
from clinic.scheduling.models import Appointment
from clinic.sentences import mark


class NotAsShown(DomainError):
    """A booking, a cancellation or another change came in after this was shown: look again."""

    message = mark(
        "A booking or another change came in since this was shown. This is what would change now."
    )


def must_be_as_shown(appointment: Appointment, slot_ids: Iterable[int], version: int) -> None:
    """Lock it with the slots that it is to have. Raises NotAsShown unless it is in that version."""
    held = places.slots_around([appointment.id])
    places.lock([*held, *slot_ids], [appointment.child_id])
    db.session.refresh(appointment)
    if appointment.version != version:
        raise NotAsShown
