"""The booking pages that all services share: choose a time, keep it, confirm it."""

from clinic.booking.views import booking_pages

__all__ = ["booking_pages"]
