"""The booking pages of this service, questions before a check, the check, its report, and growth."""

from clinic.booking import booking_pages
from clinic.centres.kinds import ServiceKind
from clinic.checkups import models as _tables  # noqa: F401 - so that every table is known
from clinic.checkups.check import before_pages
from clinic.checkups.check import page as check_page
from clinic.checkups.report import growth_page
from clinic.checkups.report import page as report_page
from clinic.checkups.spine import page as spine_page
from clinic.sentences import mark

bp = booking_pages(ServiceKind.CHECKUPS, mark("Child health check"))
for pages in (before_pages, check_page, growth_page, report_page, spine_page):
    pages.add_pages(bp)
