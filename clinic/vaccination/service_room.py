"""What vaccination says of itself."""

from clinic.sentences import mark
from clinic.services.room import ServiceRoom
from clinic.vaccination.views import bp
from clinic.visits.stations import Pathway, Station

# The order of the stations and 30 minutes of observation: 预防接种工作规范(2023年版). The letter and
# the 4 minutes are the house's own.
JAB = Station("vaccination", "接种", "Vaccination", 4, frozenset({"clinician"}), by_room=True)
OBSERVATION = Station(
    "observation", "留观", "Observation", 30, frozenset({"reception", "clinician"}), watches=True
)

VACCINATION = ServiceRoom(
    kind="vaccination",
    title=mark("Vaccination"),
    about=mark("The next dose, at a time that suits you, without a crowd."),
    book=mark("Book the vaccination"),
    icon="syringe",
    pages=bp,
    pathway=Pathway(
        "B", ("screening", "registration", JAB.code, OBSERVATION.code), (JAB, OBSERVATION)
    ),
    is_never_paused=True,  # by law of the house no vaccination is refused for a missed visit
    short={
        "dose_too_soon": mark("Too soon"),
        "dose_too_near": mark("Too soon"),
        "too_many": mark("None"),
        "dose_booked": mark("Booked"),
        "dose_not_possible": mark("None"),
        "no_stock": mark("No vaccine"),
    },
    follows=True,
)
