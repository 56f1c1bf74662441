"""A check while it is made: its form, its record, its page."""
