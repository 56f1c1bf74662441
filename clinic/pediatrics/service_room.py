"""What paediatrics says of itself."""

from clinic.accounts.models import Profession
from clinic.pediatrics.views import bp
from clinic.sentences import mark
from clinic.services.room import ServiceRoom
from clinic.visits.stations import Pathway

PEDIATRICS = ServiceRoom(
    kind="pediatrics",
    title=mark("Paediatrics"),
    about=mark("Fever, cough, a rash, or a question: see a doctor, Chinese medicine included."),
    book=mark("Book a doctor's visit"),
    icon="stethoscope",
    pages=bp,
    professions=frozenset({Profession.DOCTOR, Profession.NURSE, Profession.TCM}),
    pathway=Pathway("A", ("doctor",)),
)
