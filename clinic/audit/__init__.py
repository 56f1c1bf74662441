"""Who did what to what, when: one row a change, in the change's own transaction."""

from clinic.audit.trail import AuditEvent, note_read, record, write_reads

__all__ = ["AuditEvent", "note_read", "record", "write_reads"]
