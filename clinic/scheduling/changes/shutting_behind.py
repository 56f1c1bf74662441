"""Children who were here when their hours were shut kept their places: none of these is booked anew."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from clinic.accounts.models import Person
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.changes.applying import set_places
from clinic.scheduling.changes.reopening import fit_sessions
from clinic.scheduling.models import ClinicSession, Slot
from clinic.scheduling.timetable import closings
from clinic.scheduling.timetable.closings import ClosingReason
from clinic.scheduling.timetable.shut import Shut


def is_shut(slot_ids: Sequence[int]) -> bool:
    """Whether any of these slots of one session lies in a closure or leave, open for children who were here."""
    return bool(_open_within(slot_ids))


def shut_behind(slot_ids: Sequence[int], *, by: Person, now: datetime) -> None:
    """In hours that are shut, keep only the places of children who are here; shut slots without any.

    Call it whenever such a place may have become free, with the slots, all of one session, locked.
    """
    found = _open_within(slot_ids)
    left = {slot.id: (slot.taken, min(slot.online_capacity, slot.taken)) for slot, _ in found}
    set_places(left)
    closings.add({slot.id: reasons for slot, reasons in found if not slot.taken}, now=now)
    fit_sessions(left, by=by, now=now)


def _open_within(slot_ids: Sequence[int]) -> list[tuple[Slot, tuple[ClosingReason, ...]]]:
    """Of these slots the open ones in live closures or leaves, with all of these."""
    query = (
        select(Slot, ClinicSession.room_id)
        .join(ClinicSession, ClinicSession.id == Slot.clinic_session_id)
        .where(Slot.id.in_(slot_ids), Slot.closed_at.is_(None))
    )
    rows = db.session.execute(query, execution_options={"populate_existing": True}).all()
    if not rows:
        return []
    first, room_id = rows[0]
    shut = Shut([first.centre_id], [clinic_day(first.starts_at)])
    times = [(slot.starts_at, slot.ends_at) for slot, _ in rows]
    reasons = shut.why(first.centre_id, room_id, first.practitioner_id, times)
    return [(slot, why) for (slot, _), why in zip(rows, reasons, strict=True) if why]
