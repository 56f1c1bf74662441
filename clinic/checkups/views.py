"""The booking pages of this service, questions before a check, the check, its report, and growth."""

from clinic.checkups import models as _tables  # noqa: F401 - so that every table is known
from clinic.checkups.blueprint import bp
from clinic.checkups.check import before_pages
from clinic.checkups.check import page as check_page
from clinic.checkups.report import growth_page
from clinic.checkups.report import page as report_page
from clinic.checkups.spine import page as spine_page

__all__ = ["PAGES", "bp"]
# Importing them puts their pages into `bp`.
PAGES = (
    before_pages,
    check_page,
    growth_page,
    report_page,
    spine_page,
)
