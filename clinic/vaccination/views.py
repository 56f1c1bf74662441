"""The booking pages of this service, the booklet, and what happens before and at a vaccination."""

from clinic.booking import booking_pages
from clinic.centres.kinds import ServiceKind
from clinic.sentences import mark
from clinic.vaccination.booking.terms import DoseTerms
from clinic.vaccination.jab import (
    before_pages,
    correcting_page,
    giving_page,
    observation_pages,
    staff_record,
)
from clinic.vaccination.record import booklet, certificate, importing_page

bp = booking_pages(ServiceKind.VACCINATION, mark("Vaccination"), terms=DoseTerms)
for pages in (
    booklet,
    before_pages,
    giving_page,
    correcting_page,
    observation_pages,
    staff_record,
    certificate,
    importing_page,
):
    pages.add_pages(bp)
