"""The fictitious city that shows the site at work."""
