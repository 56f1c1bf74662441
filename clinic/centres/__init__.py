"""Centres, rooms, the services they offer, and the people who give them."""
