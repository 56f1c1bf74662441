"""Where the health checks' pages register, beside their booking pages."""

from clinic.booking import booking_pages
from clinic.sentences import mark

bp = booking_pages("checkups", mark("Child health check"))
