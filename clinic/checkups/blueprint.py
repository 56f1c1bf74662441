"""Where the health checks' pages register, beside their booking pages."""

from clinic.booking import booking_pages
from clinic.centres.kinds import ServiceKind
from clinic.sentences import mark

bp = booking_pages(ServiceKind.CHECKUPS, mark("Child health check"))
