"""The booking pages of this service, the booklet, and what happens before and at a vaccination."""

from clinic.booking import booking_pages
from clinic.centres.models import ServiceKind
from clinic.i18n import mark
from clinic.vaccination import before_pages, booklet, giving_page, observation_pages

bp = booking_pages(ServiceKind.VACCINATION, mark("Vaccination"))
booklet.add_pages(bp)
before_pages.add_pages(bp)
giving_page.add_pages(bp)
observation_pages.add_pages(bp)
