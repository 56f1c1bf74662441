"""Where the vaccination's pages register, beside its booking pages."""

from clinic.booking import booking_pages
from clinic.centres.kinds import ServiceKind
from clinic.sentences import mark

bp = booking_pages(ServiceKind.VACCINATION, mark("Vaccination"))
