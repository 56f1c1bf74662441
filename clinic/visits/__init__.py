"""A child's visit on its day: arrivals, tickets, where they wait, and calls."""
