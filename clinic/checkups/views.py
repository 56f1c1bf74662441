"""The booking pages of this service."""

from clinic.booking import booking_pages
from clinic.centres.models import ServiceKind
from clinic.checkups import growth_page, report_page
from clinic.checkups import models as _tables  # noqa: F401 - so that every table is known
from clinic.i18n import mark

bp = booking_pages(ServiceKind.CHECKUPS, mark("Child health check"))
growth_page.add_pages(bp)
report_page.add_pages(bp)
