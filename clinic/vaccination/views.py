"""The booking pages of this service, the booklet, and what happens before and at a vaccination."""

from clinic.booking.requirements import OF_KIND
from clinic.vaccination.blueprint import bp
from clinic.vaccination.booking.requirements import DoseRequirements
from clinic.vaccination.jab import (
    before_pages,
    correcting_page,
    giving_page,
    observation_pages,
    staff_record,
)
from clinic.vaccination.record import booklet, certificate, importing_page

__all__ = ["PAGES", "bp"]
# Importing them puts their pages into `bp`.
PAGES = (
    before_pages,
    correcting_page,
    giving_page,
    observation_pages,
    staff_record,
    booklet,
    certificate,
    importing_page,
)

OF_KIND["vaccination"] = DoseRequirements
