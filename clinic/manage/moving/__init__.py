"""An appointment or a session is moved from the calendar: shown first."""
