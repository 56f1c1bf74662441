"""What rehabilitation says of itself."""

from clinic.accounts.models import Profession
from clinic.accounts.rights import THERAPISTS
from clinic.rehab.views import bp
from clinic.sentences import mark
from clinic.services.room import ServiceRoom
from clinic.visits.stations import Pathway

REHAB = ServiceRoom(
    kind="rehab",
    title=mark("Rehabilitation"),
    about=mark("Training with the same therapist, step by step."),
    book=mark("Book rehabilitation"),
    icon="hand-heart",
    pages=bp,
    professions=THERAPISTS | {Profession.DOCTOR},
    pathway=Pathway("D", ("doctor",)),
    courses=(1, 4, 6, 8, 10, 12, 20),
)
