"""A family's rights over what is kept of it: a copy, the removal of a child, closing an account, and how
long each kind of record is kept."""
