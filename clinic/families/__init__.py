"""Children, their guardians, and what the guardians agreed to."""
