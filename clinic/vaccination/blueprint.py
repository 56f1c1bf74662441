"""Where the vaccination's pages register, beside its booking pages."""

from clinic.booking import booking_pages
from clinic.sentences import mark

bp = booking_pages("vaccination", mark("Vaccination"))
