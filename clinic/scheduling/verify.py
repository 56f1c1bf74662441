"""Reads the whole database and reports every broken promise of the scheduler.

Each promise is one query that finds the rows which break it. They repeat what triggers and
constraints promise, on purpose: this is how we would notice if those were missing.
"""

from datetime import datetime

from sqlalchemy import and_, bindparam, false, func, or_, select, text

from clinic.centres.models import Service
from clinic.clock import clinic_day, day_bounds
from clinic.db import UTCDateTime, db
from clinic.families.models import Child
from clinic.scheduling.changes.change import HoursChange
from clinic.scheduling.changes.retiring import RETIRABLE, is_open, slots_with
from clinic.scheduling.models import Appointment, ClinicSession, Slot
from clinic.scheduling.timetable.slots import LONG_AGO, NEVER
from clinic.scheduling.waitlist.wishes import is_of_age

LIVE = "cancelled_at IS NULL AND no_show_at IS NULL AND displaced_at IS NULL"
# Whether, at that moment, a slot has a place left in all, and one in its online share.
KEPT = "SELECT count(*) FROM places p WHERE p.slot_id = s.id AND (p.expires_at > {at} OR p.expires_at IS NULL)"
ROOM = (
    f"({KEPT}) < s.capacity AND ({KEPT} AND p.online) < "
    "CASE WHEN s.desk_until <= {at} THEN s.capacity ELSE s.online_capacity END"
)
# Which closures and leaves are over a slot.
CLOSURE_OVER = "x.centre_id = s.centre_id AND (x.room_id IS NULL OR x.room_id = c.room_id)"
LEAVE_OVER = "x.practitioner_id = s.practitioner_id"
AT_ONCE = "x.starts_at < s.ends_at AND s.starts_at < x.ends_at"
# What a closure or a leave shuts: all but what was over, and places of children who were here.
OPEN_WITHIN = f"""s.closed_at IS NULL AND x.lifted_at IS NULL AND {AT_ONCE} AND x.made_at < s.ends_at
    AND s.capacity > (SELECT count(*) FROM places p JOIN appointments a ON a.id = p.appointment_id
        WHERE p.slot_id = s.id AND a.arrived_at <= x.made_at)"""
CHANGED_HOURS = f"e.action IN ({', '.join(repr(change.value) for change in HoursChange)})"


def audited(actions: str) -> str:
    """Whether one of these things is told of the appointment."""
    return f"""EXISTS (SELECT 1 FROM audit_events e WHERE e.subject = 'appointments'
        AND e.subject_id = a.id AND e.action IN ({actions}))"""


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
    "slot {id}: since when it is closed is wrong": """
        SELECT s.id FROM slots s WHERE s.closed_at IS DISTINCT FROM coalesce(
            (SELECT min(x.made_at) FROM slot_closings x
              WHERE x.slot_id = s.id AND x.service_id IS NULL),
            (SELECT max(x.made_at) FROM slot_closings x WHERE x.slot_id = s.id
              AND NOT EXISTS (SELECT 1 FROM slot_services o WHERE o.slot_id = s.id
                AND o.service_id NOT IN (SELECT y.service_id FROM slot_closings y
                  WHERE y.slot_id = s.id AND y.service_id IS NOT NULL))))""",
    "slot {id}: closed by a closure that was lifted, or is elsewhere": f"""
        SELECT DISTINCT s.id FROM slots s JOIN clinic_sessions c ON c.id = s.clinic_session_id
          JOIN slot_closings k ON k.slot_id = s.id JOIN closures x ON x.id = k.closure_id
        WHERE x.lifted_at < s.ends_at OR NOT ({CLOSURE_OVER} AND {AT_ONCE})""",
    "slot {id}: closed by a leave that was lifted, or is another's": f"""
        SELECT DISTINCT s.id FROM slots s
          JOIN slot_closings k ON k.slot_id = s.id JOIN leaves x ON x.id = k.leave_id
        WHERE x.lifted_at < s.ends_at OR NOT ({LEAVE_OVER} AND {AT_ONCE})""",
    "slot {id}: lifting something else would open it while its centre or room is shut": f"""
        SELECT DISTINCT s.id FROM slots s JOIN clinic_sessions c ON c.id = s.clinic_session_id
          JOIN closures x ON {CLOSURE_OVER} AND {AT_ONCE}
        WHERE s.closed_at IS NOT NULL AND x.lifted_at IS NULL AND x.made_at < s.ends_at
          AND NOT EXISTS (SELECT 1 FROM slot_closings k
            WHERE k.slot_id = s.id AND k.closure_id = x.id)""",
    "slot {id}: lifting something else would open it while its practitioner is away": f"""
        SELECT DISTINCT s.id FROM slots s JOIN leaves x ON {LEAVE_OVER} AND {AT_ONCE}
        WHERE s.closed_at IS NOT NULL AND x.lifted_at IS NULL AND x.made_at < s.ends_at
          AND NOT EXISTS (SELECT 1 FROM slot_closings k
            WHERE k.slot_id = s.id AND k.leave_id = x.id)""",
    "slot {id}: closed, but families are booked": """
        SELECT s.id FROM slots s WHERE EXISTS (SELECT 1 FROM places p WHERE p.slot_id = s.id)
          AND (s.closed_at IS NOT NULL OR EXISTS
            (SELECT 1 FROM slot_closings k WHERE k.slot_id = s.id AND k.service_id IS NULL))""",
    "appointment {id}: for a service that is retired by then": f"""
        SELECT DISTINCT a.id FROM appointments a JOIN places p ON p.appointment_id = a.id
          JOIN slot_closings k ON k.slot_id = p.slot_id AND k.service_id = a.service_id
        WHERE {LIVE}""",
    "slot {id}: shut for what is retired, and is not": """
        SELECT DISTINCT s.id FROM slots s JOIN clinic_sessions c ON c.id = s.clinic_session_id
          JOIN slot_closings k ON k.slot_id = s.id
        WHERE (k.reason = 'retired_centre' AND NOT EXISTS
            (SELECT 1 FROM centres x WHERE x.id = s.centre_id AND x.retired_on IS NOT NULL))
          OR (k.reason = 'retired_room' AND NOT EXISTS
            (SELECT 1 FROM rooms x WHERE x.id = c.room_id AND x.retired_on IS NOT NULL))
          OR (k.reason = 'retired_practitioner' AND NOT EXISTS (SELECT 1 FROM practitioners x
            WHERE x.id = s.practitioner_id AND x.retired_on IS NOT NULL))
          OR (k.reason = 'retired_service' AND NOT EXISTS
            (SELECT 1 FROM services x WHERE x.id = k.service_id AND x.retired_on IS NOT NULL)
            AND NOT EXISTS (SELECT 1 FROM centre_services x WHERE x.service_id = k.service_id
              AND x.centre_id = s.centre_id AND x.retired_on IS NOT NULL))""",
    "session {id}: of a day on which its clinician, room or centre is retired": """
        SELECT c.id FROM clinic_sessions c JOIN practitioners p ON p.id = c.practitioner_id
          JOIN rooms r ON r.id = c.room_id JOIN centres x ON x.id = c.centre_id
        WHERE c.withdrawn_at IS NULL AND
          (c.rota_day >= p.retired_on OR c.rota_day >= r.retired_on OR c.rota_day >= x.retired_on)""",
    "slot {id}: a search would be told something else": f"""
        SELECT DISTINCT s.id FROM slots s JOIN slot_services o ON o.slot_id = s.id
        WHERE o.closed <> (s.closed_at IS NOT NULL OR EXISTS (SELECT 1 FROM slot_closings k
            WHERE k.slot_id = s.id AND k.service_id = o.service_id)) OR o.starts_at <> s.starts_at
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
    "slot {id}: open, but its session is withdrawn": """
        SELECT s.id FROM slots s JOIN clinic_sessions c ON c.id = s.clinic_session_id
        WHERE s.closed_at IS NULL AND c.withdrawn_at IS NOT NULL""",
    "slot {id}: open, but for no service": """
        SELECT s.id FROM slots s WHERE s.closed_at IS NULL AND NOT EXISTS
            (SELECT 1 FROM slot_services o WHERE o.slot_id = s.id)""",
    "slot {id}: open while its centre or room is shut": f"""
        SELECT DISTINCT s.id FROM slots s JOIN clinic_sessions c ON c.id = s.clinic_session_id
          JOIN closures x ON {CLOSURE_OVER}
        WHERE {OPEN_WITHIN}""",
    "slot {id}: open while its practitioner is away": f"""
        SELECT DISTINCT s.id FROM slots s JOIN leaves x ON {LEAVE_OVER}
        WHERE {OPEN_WITHIN}""",
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
    "appointment {id}: its places are at another time, room or centre": """
        SELECT DISTINCT a.id FROM appointments a
          JOIN places p ON p.appointment_id = a.id JOIN slots s ON s.id = p.slot_id
          JOIN clinic_sessions c ON c.id = s.clinic_session_id
        WHERE s.starts_at < a.starts_at OR s.ends_at > a.ends_at
           OR s.centre_id <> a.centre_id OR s.practitioner_id <> a.practitioner_id
           OR c.room_id <> a.room_id""",
    "appointment {id}: its first place is not in the slot that it names": """
        SELECT a.id FROM appointments a WHERE a.slot_id <>
            (SELECT s.id FROM places p JOIN slots s ON s.id = p.slot_id
             WHERE p.appointment_id = a.id ORDER BY s.starts_at LIMIT 1)""",
    "appointment {id}: in a slot that is not for its service": """
        SELECT DISTINCT a.id FROM appointments a JOIN places p ON p.appointment_id = a.id
        WHERE NOT EXISTS (SELECT 1 FROM slot_services o
            WHERE o.slot_id = p.slot_id AND o.service_id = a.service_id)""",
    "appointment {id}: what happened to it is not in the audit": f"""
        SELECT a.id FROM appointments a WHERE NOT {audited("'book'")}
           OR (a.displaced_at IS NOT NULL AND NOT {audited("'displace'")})
           OR (a.arrived_at IS NOT NULL AND NOT {audited("'check_in', 'finish'")})
           OR (a.done_at IS NOT NULL AND NOT {audited("'finish'")})
           OR (a.no_show_at IS NOT NULL AND NOT {audited("'no_show'")})
           OR (a.cancelled_at IS NOT NULL AND NOT {audited("'cancel'")})""",
    "booking {id}: without an appointment": """
        SELECT b.id FROM bookings b WHERE NOT EXISTS
            (SELECT 1 FROM appointments a WHERE a.booking_id = b.id)""",
    "hold {id}: confirmed, but still keeps places": """
        SELECT h.id FROM holds h WHERE h.booking_id IS NOT NULL AND EXISTS
            (SELECT 1 FROM places p WHERE p.hold_id = h.id)""",
    "hold {id}: over, but still keeps places": """
        SELECT h.id FROM holds h WHERE h.ended_at IS NOT NULL AND EXISTS
            (SELECT 1 FROM places p WHERE p.hold_id = h.id)""",
    "hold {id}: keeps a new time for an appointment that needs none": """
        SELECT h.id FROM holds h JOIN appointments a ON a.id = h.moves_id
        WHERE h.purpose = 'new_time' AND h.booking_id IS NULL
          AND (a.displaced_at IS NULL OR a.cancelled_at IS NOT NULL)
          AND EXISTS (SELECT 1 FROM places p WHERE p.hold_id = h.id)""",
    "hold {id}: keeps places that are not its own": """
        SELECT DISTINCT h.id FROM holds h JOIN slots f ON f.id = h.slot_id
          JOIN places p ON p.hold_id = h.id JOIN slots s ON s.id = p.slot_id
        WHERE s.clinic_session_id <> f.clinic_session_id OR s.starts_at < f.starts_at
           OR p.expires_at < h.expires_at OR h.slot_count <
              (SELECT count(*) FROM places q WHERE q.hold_id = h.id)""",
    # Until it expires only the centre may take its places, when it changes its hours.
    "hold {id}: has lost places before it expired": f"""
        SELECT h.id FROM holds h JOIN slots s ON s.id = h.slot_id
        WHERE h.booking_id IS NULL AND h.ended_at IS NULL AND h.expires_at > :now
          AND h.slot_count > (SELECT count(*) FROM places p WHERE p.hold_id = h.id)
          AND NOT EXISTS (SELECT 1 FROM audit_events e WHERE (e.centre_id = s.centre_id OR e.centre_id IS NULL)
            AND e.at >= h.created_at AND {CHANGED_HOURS})""",
    "hold {id}: offered to a family that waits no longer": """
        SELECT h.id FROM holds h JOIN waitlist_entries e ON e.id = h.entry_id
        WHERE h.booking_id IS NULL AND h.ended_at IS NULL AND h.expires_at > e.ended_at""",
    "entry {id}: two offers at once": """
        SELECT h.entry_id AS id FROM holds h WHERE h.entry_id IS NOT NULL AND h.lead_id IS NULL
          AND h.booking_id IS NULL AND h.ended_at IS NULL
        GROUP BY h.entry_id HAVING count(*) > 1""",
    "hold {id}: in a form of somebody who does not care for the child": """
        SELECT h.id FROM holds h
        WHERE h.purpose = 'form' AND h.booking_id IS NULL AND h.ended_at IS NULL
          AND h.expires_at > :now AND NOT EXISTS (SELECT 1 FROM guardianships g
            WHERE g.child_id = h.child_id AND g.user_id = h.user_id AND g.revoked_at IS NULL)""",
    "entry {id}: nobody cares for all its children": """
        SELECT e.id FROM waitlist_entries e WHERE e.ended_at IS NULL AND NOT EXISTS (
          SELECT g.user_id FROM guardianships g
            JOIN waitlist_children w ON w.child_id = g.child_id
          WHERE w.entry_id = e.id AND g.revoked_at IS NULL GROUP BY g.user_id
          HAVING count(*) = (SELECT count(*) FROM waitlist_children x WHERE x.entry_id = e.id))""",
    "child {id}: no guardian at all": """
        SELECT c.id FROM children c WHERE NOT EXISTS
            (SELECT 1 FROM guardianships g WHERE g.child_id = c.id)""",
}


def broken_promises(*, now: datetime = NEVER) -> list[str]:
    """One line a broken promise; empty when all are kept.

    What is promised only until a moment is read where that moment is after `now`.
    """
    moments = {"ago": LONG_AGO, "never": NEVER, "now": now}
    found = []
    for promise, query in PROMISES.items():
        named = [bindparam(name, at, UTCDateTime()) for name, at in moments.items()]
        clause = text(query).bindparams(
            *(bind_parameter for bind_parameter in named if f":{bind_parameter.key}" in query)
        )
        found += [promise.format(id=row.id) for row in db.session.execute(clause)]
    return found + _open_though_retired()


def _open_though_retired() -> list[str]:
    """Slots that can be booked on a day on which what they need is retired."""
    found = []
    for table in RETIRABLE:
        rows = db.session.scalars(select(table).where(table.retired_on.is_not(None))).all()
        which = [
            and_(slots_with(row), Slot.starts_at >= day_bounds(row.retired_on)[0], is_open(row))
            for row in rows
        ]
        query = select(Slot.id).join(ClinicSession).where(or_(false(), *which))
        name = table.__tablename__
        found += [
            f"slot {number}: open on a day on which it needs something retired ({name})"
            for number in (db.session.scalars(query) if which else ())
        ]
    return found


def broken_ages(*, now: datetime) -> list[str]:
    """Visits to come at an age that the service does not see, and nobody is asked about them."""
    query = (
        select(Appointment.id, Appointment.starts_at, Child, Service)
        .join(Child, Child.id == Appointment.child_id)
        .join(Service, Service.id == Appointment.service_id)
        .where(
            Appointment.starts_at > now,
            func.coalesce(Appointment.cancelled_at, Appointment.no_show_at).is_(None),
            Appointment.question.is_(None),
            Appointment.kept_at.is_(None),
        )
        .execution_options(yield_per=1000)
    )
    return [
        f"appointment {number}: the child does not have the age for it, and nobody is asked"
        for number, starts_at, child, service in db.session.execute(query)
        if not is_of_age(child, service, clinic_day(starts_at))
    ]
