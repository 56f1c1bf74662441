"""Who did what to what, when: one row a change, in the change's own transaction; looks after the answer."""

from clinic.audit.events import record
from clinic.audit.looks import note, note_list, note_once, note_read, note_refused, write_notes
from clinic.audit.trail import AuditEvent, Event

__all__ = [
    "AuditEvent",
    "Event",
    "note",
    "note_list",
    "note_once",
    "note_read",
    "note_refused",
    "record",
    "write_notes",
]
