"""The pages of parents, and the public ones."""
