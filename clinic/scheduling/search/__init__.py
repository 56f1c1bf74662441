"""What is free: read only, nothing is held."""
