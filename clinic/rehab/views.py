"""The booking pages of this service."""

from clinic.booking import booking_pages
from clinic.sentences import mark

bp = booking_pages("rehab", mark("Rehabilitation"))
