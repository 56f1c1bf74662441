"""Holding, booking, moving and cancelling places in slots."""
