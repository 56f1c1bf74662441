"""Reads all live reservations and reports every broken promise of them, whatever the resource.

It repeats what triggers and constraints promise, on purpose, as `clinic.scheduling.verify` does.
"""

from sqlalchemy import text

from clinic.db import db

PROMISES = {
    "reservation {id}: of {resource} {key}, for a visit that is over": """
        SELECT r.id, r.resource, r.key FROM reservations r
          JOIN appointments a ON a.id = r.appointment_id
        WHERE r.released_at IS NULL
          AND coalesce(a.cancelled_at, a.no_show_at, a.done_at) IS NOT NULL""",
    "reservation {id}: of {resource} {key}, for an offer that is over": """
        SELECT r.id, r.resource, r.key FROM reservations r JOIN holds h ON h.id = r.hold_id
        WHERE r.released_at IS NULL AND h.ended_at IS NOT NULL""",
    "reservation {id}: of {resource} {key}, at another centre, or for another child, than the visit": """
        SELECT r.id, r.resource, r.key FROM reservations r
          LEFT JOIN appointments a ON a.id = r.appointment_id
          LEFT JOIN holds h ON h.id = r.hold_id LEFT JOIN slots s ON s.id = h.slot_id
        WHERE r.released_at IS NULL
          AND (r.centre_id <> coalesce(a.centre_id, s.centre_id)
            OR r.child_id <> coalesce(a.child_id, h.child_id))""",
}


def broken_reservations() -> list[str]:
    """One line a broken promise; empty when all are kept."""
    return [
        line.format(id=row.id, resource=row.resource, key=row.key)
        for line, query in PROMISES.items()
        for row in db.session.execute(text(query))
    ]
