"""The city's children in shares."""
