"""Messages that must go out: outbox, reminders, channels, calendar feeds. Empty until they come."""
