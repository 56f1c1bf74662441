"""The one slot scheduler. It knows no page and no vaccine."""
