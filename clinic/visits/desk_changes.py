"""Says that a centre's desk shows something new, where no change of an appointment or ticket does."""

from datetime import UTC

from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert

from clinic.db import db
from clinic.scheduling.models import Appointment, Topic, Version
from clinic.scheduling.places import writes_alone


def desk_changed(appointment: Appointment) -> None:
    """Count on the version of the appointment's desk, on its day (of UTC).

    Both are read again: another transaction may have moved it since.
    """
    db.session.refresh(appointment, ["centre_id", "starts_at"])
    key = {
        "topic": Topic.DESK,
        "centre_id": appointment.centre_id,
        "day": appointment.starts_at.astimezone(UTC).date(),
    }
    if not writes_alone():
        db.session.execute(select(func.bump_version(*key.values())))
        return
    counted = insert(Version).values(**key, part=0, number=1)
    db.session.execute(
        counted.on_conflict_do_update(
            index_elements=["topic", "centre_id", "day", "part"],
            set_={"number": Version.number + 1},
        )
    )
