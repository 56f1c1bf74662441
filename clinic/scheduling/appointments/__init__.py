"""Booking, holding, moving and cancelling: the verbs of appointments."""
