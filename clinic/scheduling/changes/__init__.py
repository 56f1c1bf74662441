"""Changes of hours with people booked: shown first, then carried out as shown, and reopened."""
