"""Which check is next and what it asks. Pure but for `plan`."""
