"""The booking pages that the four services share: choose a time, keep it, confirm it."""

from clinic.booking.views import booking_pages

__all__ = ["booking_pages"]
