"""The booking pages of this service, the booklet, and what happens before and at a vaccination."""

from clinic.vaccination.blueprint import bp
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
