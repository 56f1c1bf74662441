"""A new kind of service is one folder: this one is the tests' own, and nothing else knows it."""

from datetime import time

import pytest

from clinic.app import ROOMS, create_app
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.models import Appointment
from clinic.services.room import use
from clinic.visits.models import Ticket
from tests.conftest import SETTINGS, Client
from tests.makes import NOON, make_child
from tests.rooms.foot_baths import FOOT_BATHS
from tests.world import World

TODAY = clinic_day(NOON)


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request, fresh, noon):
    """The site with foot baths, once on each engine."""
    app = create_app(SETTINGS | {"DATABASE_URL": fresh(request.param)}, rooms=(*ROOMS, FOOT_BATHS))
    app.test_client_class = Client
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    use(ROOMS)


class Bath(World):
    """A family, and who gives foot baths this afternoon."""

    def __init__(self, site):
        self.site = site
        hours = {"day": TODAY, "opens": time(14), "closes": time(17)}
        super().__init__("foot_baths", name_zh="足浴", name_en="Foot bath", hours=hours)
        self.child = make_child(self.parent)

    def as_(self, user):
        return self.site.test_client().sign_in(user)

    @property
    def booked(self):
        return db.session.query(Appointment).one()


@pytest.fixture
def bath(site):
    return Bath(site)


def book(bath):
    """As a parent does: from the first page to the confirmation."""
    family = bath.as_(bath.parent)
    times = family.page("/").click("Foot baths")
    slots = times.values("[name=slot]", "value")
    held = times.form(action="/foot_baths/holds").submit(slots[0]).follow()
    held.form(holding="reason").submit()
    return family


def test_a_parent_books_one_and_finds_it(bath):
    family = book(bath)

    appointment = bath.booked
    assert appointment.service.kind == "foot_baths"
    assert "足浴" in family.page(f"/appointments/{appointment.id}").words
    assert "Foot baths" in bath.as_(bath.parent).page(f"/centres/{bath.centre.code}").words


def test_what_is_due_is_on_the_plan_until_it_is_booked(bath):
    family, plan = bath.as_(bath.parent), f"/family/children/{bath.child.id}/plan"
    assert "睡前泡脚" in family.page(plan).words
    times = family.page(plan).click("Book a foot bath")
    assert times.form(action="/foot_baths/holds")

    book(bath)

    assert "足浴 睡前泡脚 已约" in family.page(plan).words


def test_the_desk_checks_it_in_with_a_ticket_of_its_own(bath):
    book(bath)
    desk = bath.as_(bath.reception)
    desk.page("/desk/").form(action="/arrival").submit()

    ticket = db.session.query(Ticket).one()
    assert (ticket.label, ticket.station) == ("F001", "screening")
    assert "足浴池" in desk.page("/desk/queue").words
    assert "Foot baths" in desk.page("/desk/end").words


def test_its_record_has_a_page_from_the_calendar(bath):
    book(bath)
    page = bath.as_(bath.clinician).page(f"/calendar/appointments/{bath.booked.id}")

    assert "40 °C" in page.click("Fill the basin").text
