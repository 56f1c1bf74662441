"""Reads the whole database and reports every broken promise of the scheduler.

Each promise is one query that finds the rows which break it. They repeat what triggers and
constraints promise, on purpose: this is how we would notice if those were missing.
"""

from datetime import UTC, datetime

from sqlalchemy import bindparam, text

from clinic.db import UTCDateTime, db

LIVE = "cancelled_at IS NULL AND no_show_at IS NULL AND displaced_at IS NULL"
# Whether, at that moment, a slot has a place left in all, and one in its online share.
KEPT = "SELECT count(*) FROM places p WHERE p.slot_id = s.id AND (p.expires_at > {at} OR p.expires_at IS NULL)"
ROOM = (
    f"({KEPT}) < s.capacity AND ({KEPT} AND p.online) < "
    "CASE WHEN s.desk_until <= {at} THEN s.capacity ELSE s.online_capacity END"
)
# The moments that the queries name.
MOMENTS = {
    "ago": datetime(1970, 1, 1, tzinfo=UTC),
    "never": datetime(9999, 1, 1, tzinfo=UTC),
}

PROMISES = {
    "slot {id}: more places taken than there are": """
        SELECT s.id FROM slots s WHERE s.capacity <
            (SELECT count(*) FROM places p WHERE p.slot_id = s.id)""",
    "slot {id}: more places taken online than its share": """
        SELECT s.id FROM slots s WHERE s.online_capacity <
            (SELECT count(*) FROM places p WHERE p.slot_id = s.id AND p.online)""",
    "slot {id}: the count of taken places is wrong": """
        SELECT s.id FROM slots s WHERE s.taken <>
            (SELECT count(*) FROM places p WHERE p.slot_id = s.id)
         OR s.online_taken <>
            (SELECT count(*) FROM places p WHERE p.slot_id = s.id AND p.online)""",
    "slot {id}: when its earliest hold expires is wrong": """
        SELECT s.id FROM slots s WHERE s.frees_at IS DISTINCT FROM
            (SELECT min(p.expires_at) FROM places p WHERE p.slot_id = s.id)""",
    "slot {id}: closed, but families are booked": """
        SELECT s.id FROM slots s WHERE s.closed_at IS NOT NULL AND EXISTS
            (SELECT 1 FROM places p WHERE p.slot_id = s.id)""",
    "slot {id}: a search would be told something else": f"""
        SELECT DISTINCT s.id FROM slots s JOIN slot_services o ON o.slot_id = s.id
        WHERE o.closed <> (s.closed_at IS NOT NULL) OR o.starts_at <> s.starts_at
           OR o.ends_at <> s.ends_at OR o.centre_id <> s.centre_id
           OR o.practitioner_id <> s.practitioner_id
           OR o.clinic_session_id <> s.clinic_session_id
           OR o.free_from <> CASE
               WHEN {ROOM.format(at=":ago")} THEN :ago
               ELSE coalesce((SELECT min(m.at) FROM (
                   SELECT e.expires_at AS at FROM places e WHERE e.slot_id = s.id
                   UNION SELECT s.desk_until) m WHERE {ROOM.format(at="m.at")}), :never) END""",
    "slot {id}: not inside its session": """
        SELECT s.id FROM slots s JOIN clinic_sessions c ON c.id = s.clinic_session_id
        WHERE (s.closed_at IS NULL AND (s.starts_at < c.starts_at OR s.ends_at > c.ends_at))
           OR s.practitioner_id <> c.practitioner_id OR s.centre_id <> c.centre_id""",
    "slot {id}: overlaps another of its session": """
        SELECT a.id FROM slots a JOIN slots b ON a.clinic_session_id = b.clinic_session_id
        AND a.id < b.id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at""",
    "session {id}: its practitioner is in two sessions at once": """
        SELECT a.id FROM clinic_sessions a JOIN clinic_sessions b
          ON a.practitioner_id = b.practitioner_id AND a.id < b.id
        WHERE a.withdrawn_at IS NULL AND b.withdrawn_at IS NULL
          AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at""",
    "session {id}: its room is used twice at once": """
        SELECT a.id FROM clinic_sessions a JOIN clinic_sessions b
          ON a.room_id = b.room_id AND a.id < b.id
        WHERE a.withdrawn_at IS NULL AND b.withdrawn_at IS NULL
          AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at""",
    "session {id}: withdrawn, but families are booked": """
        SELECT c.id FROM clinic_sessions c WHERE c.withdrawn_at IS NOT NULL AND EXISTS
            (SELECT 1 FROM places p JOIN slots s ON s.id = p.slot_id
             WHERE s.clinic_session_id = c.id)""",
    "appointment {id}: overlaps another of the child": """
        SELECT a.id FROM appointments a JOIN appointments b
          ON a.child_id = b.child_id AND a.id < b.id
        WHERE a.cancelled_at IS NULL AND a.no_show_at IS NULL AND a.displaced_at IS NULL
          AND b.cancelled_at IS NULL AND b.no_show_at IS NULL AND b.displaced_at IS NULL
          AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at""",
    "appointment {id}: live, but without all its places": f"""
        SELECT a.id FROM appointments a WHERE {LIVE} AND a.slot_count <>
            (SELECT count(*) FROM places p WHERE p.appointment_id = a.id)""",
    "appointment {id}: ended, but still keeps places": f"""
        SELECT a.id FROM appointments a WHERE NOT ({LIVE}) AND EXISTS
            (SELECT 1 FROM places p WHERE p.appointment_id = a.id)""",
    "appointment {id}: its places are at another time or centre": """
        SELECT DISTINCT a.id FROM appointments a
          JOIN places p ON p.appointment_id = a.id JOIN slots s ON s.id = p.slot_id
        WHERE s.starts_at < a.starts_at OR s.ends_at > a.ends_at
           OR s.centre_id <> a.centre_id OR s.practitioner_id <> a.practitioner_id""",
    "booking {id}: without an appointment": """
        SELECT b.id FROM bookings b WHERE NOT EXISTS
            (SELECT 1 FROM appointments a WHERE a.booking_id = b.id)""",
    "hold {id}: confirmed, but still keeps places": """
        SELECT h.id FROM holds h WHERE h.booking_id IS NOT NULL AND EXISTS
            (SELECT 1 FROM places p WHERE p.hold_id = h.id)""",
    "child {id}: no guardian at all": """
        SELECT c.id FROM children c WHERE NOT EXISTS
            (SELECT 1 FROM guardianships g WHERE g.child_id = c.id)""",
}


def broken_promises() -> list[str]:
    """One line a broken promise; empty when all are kept."""
    return [
        promise.format(id=row.id)
        for promise, query in PROMISES.items()
        for row in db.session.execute(
            text(query).bindparams(
                *(
                    bindparam(name, moment, UTCDateTime())
                    for name, moment in MOMENTS.items()
                    if f":{name}" in query
                )
            )
        )
    ]
