"""The booking pages of this service, and the booklet."""

from clinic.booking import booking_pages
from clinic.centres.models import ServiceKind
from clinic.i18n import mark
from clinic.vaccination import booklet
from clinic.vaccination.terms import DoseTerms

bp = booking_pages(ServiceKind.VACCINATION, mark("Vaccination"), terms=DoseTerms)
booklet.add_pages(bp)
