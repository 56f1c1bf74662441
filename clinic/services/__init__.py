"""What each kind of service says of itself, and where everybody else reads it."""
