"""What vaccination says of itself."""

from datetime import datetime, timedelta

from clinic.accounts.models import Profession
from clinic.centres.models import Centre
from clinic.families.models import Child
from clinic.scheduling.models import Appointment
from clinic.sentences import mark
from clinic.services.room import CentreNeed, Link, PurposeTexts, ServiceRoom
from clinic.vaccination.commands import vaccination
from clinic.vaccination.demo.demo import VaccinationDemo
from clinic.vaccination.doses import due, reconciling
from clinic.vaccination.doses.booked import booked_for, lost_by
from clinic.vaccination.doses.requirements import DoseRequirements
from clinic.vaccination.doses.verify import broken_records
from clinic.vaccination.jab import before, observation
from clinic.vaccination.jab.queries import observation_of
from clinic.vaccination.manager import views as stock_pages
from clinic.vaccination.record.models import ImportDraft
from clinic.vaccination.stock.queries import lots_on_hand
from clinic.vaccination.stock.verify import broken_stock
from clinic.vaccination.views import bp
from clinic.visits.stations import Pathway, Station

# The order of the stations and 30 minutes of observation: 预防接种工作规范(2023年版). The letter and
# the 4 minutes are the house's own.
JAB = Station("vaccination", "接种", "Vaccination", 4, frozenset({"clinician"}), by_room=True)
OBSERVATION = Station(
    "observation", "留观", "Observation", 30, frozenset({"reception", "clinician"}), watches=True
)


def _before(appointment: Appointment) -> Link:
    values = {"appointment_id": appointment.id}
    return Link(mark("Questions and consent"), "clipboard-list", "vaccination.before", values)


def _record(appointment: Appointment) -> Link:
    values = {"appointment_id": appointment.id}
    return Link(mark("Vaccinate"), "syringe", "vaccination.visit", values)


def _staff_record(appointment: Appointment) -> Link:
    values = {"appointment_id": appointment.id}
    return Link(mark("Vaccination record"), "syringe", "vaccination.record", values)


def _booklet(child: Child) -> Link:
    values = {"child_id": child.id}
    return Link(mark("Enter the vaccination booklet"), "pencil", "vaccination.booklet", values)


def _has_record(appointment: Appointment) -> bool:
    """Whether a dose was given at it: then the child was watched."""
    return observation_of(appointment.id) is not None


def _on_hand(centre: Centre) -> Link:
    return Link(mark("Vaccines on hand"), "syringe", "stock.on_hand", {"centre": centre.code})


def _broken(now: datetime) -> list[str]:
    return [*broken_stock(), *broken_records(now=now)]


VACCINATION = ServiceRoom(
    kind="vaccination",
    title=mark("Vaccination"),
    about=mark("The next dose, at a time that suits you, without a crowd."),
    book=mark("Book the vaccination"),
    icon="syringe",
    pages=bp,
    more_pages=(stock_pages.bp,),
    commands=(vaccination,),
    professions=frozenset({Profession.VACCINATOR}),
    pathway=Pathway(
        "B", ("screening", "registration", JAB.code, OBSERVATION.code), (JAB, OBSERVATION)
    ),
    never_priced=mark(
        "Programme vaccines are free by law and never charged; each paid vaccine has a price of its own."
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
    requirements=DoseRequirements,
    purposes=PurposeTexts(
        ask=mark("For which vaccines?"),
        about=mark(
            "Programme vaccines, free of charge. For a paid vaccine, or a question, tick none."
        ),
        in_one_visit=mark("%(num)s doses in one visit"),
        first_in_one_visit=mark("The first %(num)s doses in one visit"),
        of_new_child=mark(
            "A new child of a month or more: look at the booklet first. No dose is kept until it is "
            "entered; the family comes with a question."
        ),
        about_paid=mark(
            "These vaccines are not in the free programme. You pay for them, and you decide. "
            "Free doses come first."
        ),
        about_plan=mark("Programme vaccines are free of charge."),
    ),
    follows=True,
    purposes_of=booked_for,
    lost_purposes_of=lost_by,
    link_before=_before,
    link_record=_record,
    link_staff=_staff_record,
    due=due.due,
    outlook=due.outlook,
    enter_past=_booklet,
    nothing_past=mark(
        "No vaccination is on record here yet. The plan below assumes that none was given."
    ),
    demo=VaccinationDemo(),
    asks_again=before.ASKS_AGAIN,
    has_record=_has_record,
    no_record=mark(
        "No dose is recorded at this visit. Record it first, or say that none was given."
    ),
    nothing_done=mark("No dose was given at this visit"),
    must_stay=observation.must_stay,
    watched=observation.watched,
    staff_pages=(observation.BOARD,),
    link_manager=_on_hand,
    needs_of_centre=lambda centre, day: (
        CentreNeed(_on_hand(centre), lots_on_hand(centre.id, day)),
    ),
    dependents=reconciling,
    broken=_broken,
    kept_for=((ImportDraft.made_at, timedelta(days=1)),),
)
