"""The pages of a centre's manager."""
