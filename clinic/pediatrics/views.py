"""The booking pages of this service."""

from clinic.booking import booking_pages
from clinic.centres.kinds import ServiceKind
from clinic.sentences import mark

bp = booking_pages(ServiceKind.PEDIATRICS, mark("See a children's doctor"))
