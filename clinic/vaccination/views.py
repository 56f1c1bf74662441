"""The booking pages of this service, and the booklet."""

from clinic.booking import booking_pages
from clinic.centres.models import ServiceKind
from clinic.i18n import mark
from clinic.vaccination import booklet

bp = booking_pages(ServiceKind.VACCINATION, mark("Vaccination"))
booklet.add_pages(bp)
