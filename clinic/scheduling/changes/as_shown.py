"""What was shown is done, and nothing else: the refusal where something changed in between."""

from collections.abc import Iterable, Mapping

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


def must_be_as_shown(shown: Mapping[Appointment, int], slot_ids: Iterable[int]) -> None:
    """Lock them with the slots that they are to have. Raises NotAsShown unless each is in the
    version that was shown."""
    held = places.slots_around([appointment.id for appointment in shown])
    places.lock([*held, *slot_ids], {appointment.child_id for appointment in shown})
    for appointment, version in shown.items():
        db.session.refresh(appointment)
        if appointment.version != version:
            raise NotAsShown
