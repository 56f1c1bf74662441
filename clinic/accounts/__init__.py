"""Users, roles, sign-in, and who may open which page."""
