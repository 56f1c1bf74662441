"""Set-up in files: centres, hours, rooms, services and people, as CSV or xlsx, out and in again."""
