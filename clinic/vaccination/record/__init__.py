"""What a child was given, and what is true of a child that changes what is due."""
