"""How services are booked: the values of a policy, and the table that keeps what was set."""
