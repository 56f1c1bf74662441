"""What a visit to be vaccinated is booked for, and what changes when a record or the stock does."""
