"""The booking pages of this service."""

from clinic.booking import booking_pages
from clinic.centres.models import ServiceKind
from clinic.i18n import mark

bp = booking_pages(ServiceKind.PEDIATRICS, mark("See a children's doctor"))
