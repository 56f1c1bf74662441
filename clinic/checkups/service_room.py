"""What the health checks say of themselves."""

from clinic.checkups.views import bp
from clinic.sentences import mark
from clinic.services.room import ServiceRoom
from clinic.visits.stations import Pathway

CHECKUPS = ServiceRoom(
    kind="checkups",
    title=mark("Health check"),
    about=mark("Growth, hearing, sight and development at the ages that matter."),
    book=mark("Book the health check"),
    icon="ruler",
    pages=bp,
    pathway=Pathway("C", ("screening", "doctor")),
    is_followed=True,
)
