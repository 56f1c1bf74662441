"""Child health checks."""
