"""The report of a finished check, and a family's page of growth."""
