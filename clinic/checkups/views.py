"""The booking pages of this service, the questions before a check, and the check itself."""

from clinic.booking import booking_pages
from clinic.centres.models import ServiceKind
from clinic.checkups import before_pages, check_page
from clinic.checkups import models as _tables  # noqa: F401 - so that every table is known
from clinic.i18n import mark

bp = booking_pages(ServiceKind.CHECKUPS, mark("Child health check"))
before_pages.add_pages(bp)
check_page.add_pages(bp)
