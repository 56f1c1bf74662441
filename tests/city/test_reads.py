"""In a city of 100,000 visits no page reads a table that grows with the city but by what it shows."""

from datetime import timedelta

import pytest
from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import aliased

from clinic.audit import AuditEvent
from clinic.db import db
from clinic.families.models import Guardianship
from clinic.scheduling.appointments import old_forms
from clinic.scheduling.models import Appointment, Hold, HoldFor
from clinic.scheduling.queries import appointments
from clinic.vaccination.jab import giving
from tests.city.conftest import TODAY
from tests.city.plans import faults_of
from tests.makes import NOON

GROWS = {
    "appointments",
    "audit_events",
    "bookings",
    "children",
    "clinic_sessions",
    "guardianships",
    "holds",
    "immunizations",
    "measurements",
    "places",
    "slot_services",
    "slots",
    "tickets",
    "users",
    "visits",
}
PAGES = {
    "parent": [
        "/",
        "/family",
        "/family/children/{child_id}",
        "/family/children/{child_id}/plan",
        "/family/invitations",
        "/vaccination/children/{child_id}/booklet",
        "/vaccination/children/{child_id}/certificate",
        "/checkups/children/{child_id}/growth",
        "/appointments/",
        "/appointments/{coming}",
        "/appointments/{today}",
        "/appointments/{past}",
        "/appointments/{coming}/cancellation",
        "/pediatrics/",
        "/pediatrics/?more=9",
        "/pediatrics/?centre={centre_id}",
        "/pediatrics/?district=拱墅区",
        "/pediatrics/?child={child_id}&with={sibling_id}",
        "/pediatrics/?move={coming}",
        "/pediatrics/waitlist?child={child_id}",
        "/checkups/?child={child_id}",
        "/checkups/?child={child_id}&then={vaccination}",
        "/vaccination/?child={child_id}",
        "/rehab/?child={child_id}&sessions=4",
    ],
    "reception": [
        "/desk/",
        "/desk/appointments/{today}",
        "/desk/appointments/{coming}/move",
        "/desk/queue?station=doctor",
        "/desk/walk-in",
        "/desk/end",
        "/vaccination/observation",
    ],
    "clinician": [
        "/calendar/",
        "/calendar/week",
        "/calendar/month",
        "/calendar/appointments/{today}",
        "/calendar/leave",
    ],
    "manager": [
        "/manage/",
        "/calendar/?by=room",
        "/calendar/month",
        "/manage/closures",
        "/manage/leave",
        "/manage/new-times",
        "/manage/rota",
        "/manage/stock",
    ],
}


def nothing_is_wrong(city, work):
    """Fail with what the statements of `work()` read too much of, each told once."""
    if faults := sorted({str(fault) for fault in faults_of(work, city.big)}):
        pytest.fail("\n".join(faults))


def test_the_city_is_large(city):
    assert city.big >= GROWS
    assert db.session.scalar(text("SELECT count(*) FROM appointments")) > 100_000


@pytest.mark.parametrize(
    ("role", "path"), [(role, path) for role, paths in PAGES.items() for path in paths]
)
def test_a_page_reads_what_it_shows(city, role, path):
    nothing_is_wrong(city, lambda: city.page(role, path))


def test_the_search_of_the_desk_reads_the_day(city):
    def work():
        form = city.page("reception", "/desk/").form(action="/desk/search")
        assert form.fill(q="wang").submit().status == 200

    nothing_is_wrong(city, work)


def test_booking_moving_and_cancelling_read_what_they_change(city):
    def work():
        made = city.book(TODAY + timedelta(days=4))
        moved = city.confirm(city.keep(TODAY + timedelta(days=5), f"&move={made}"))
        page = city.clients["parent"].page(f"/appointments/{moved}/cancellation")
        page.form().submit()

    nothing_is_wrong(city, work)


def test_clearing_old_forms_reads_those_it_deletes(city):
    before = db.session.scalar(select(func.count()).select_from(Hold))
    nothing_is_wrong(city, lambda: old_forms.clear(now=NOON))
    assert db.session.scalar(select(func.count()).select_from(Hold)) <= before - old_forms.MOST


def test_what_was_given_at_a_visit_is_found_by_the_visit(city):
    visits = db.session.scalars(select(Appointment.id).limit(3)).all()
    nothing_is_wrong(city, lambda: [giving.given_at(visit) for visit in visits])


def all_visits_with_a_reason():
    db.session.execute(select(Appointment.id).where(Appointment.reason != "")).all()


def what_happened_to_any_visit():
    """By an index, but by one that most rows have in common."""
    mine = AuditEvent.subject == "appointments"
    db.session.execute(select(func.count()).where(mine)).all()


def a_family_by_a_join(user_id):
    """Its visits as they were read once: whose children they are is asked in the same statement."""
    kin = select(Guardianship.child_id).where(
        Guardianship.user_id == user_id, Guardianship.revoked_at.is_(None)
    )
    db.session.scalars(appointments().where(Appointment.child_id.in_(kin))).all()


def open_forms_in_one_condition(user_id):
    """What a family holds in forms, as it was read once."""
    mine, theirs = aliased(Guardianship), aliased(Guardianship)
    family = (
        select(theirs.user_id)
        .join(mine, mine.child_id == theirs.child_id)
        .where(mine.user_id == user_id, mine.revoked_at.is_(None), theirs.revoked_at.is_(None))
    )
    query = select(Hold.id).where(
        or_(Hold.user_id == user_id, Hold.expires_at > NOON),
        or_(Hold.user_id == user_id, Hold.user_id.in_(family)),
        Hold.purpose == HoldFor.FORM,
        Hold.booking_id.is_(None),
    )
    db.session.execute(query).all()


@pytest.mark.parametrize("work", [all_visits_with_a_reason, what_happened_to_any_visit])
def test_a_statement_that_reads_the_city_is_found_out(city, work):
    assert faults_of(work, city.big)


@pytest.mark.parametrize("work", [a_family_by_a_join, open_forms_in_one_condition])
def test_the_statements_of_before_are_found_out(city, work):
    """SQLite begins with the family by itself."""
    found = faults_of(lambda: work(city.parent_id), city.big)
    assert bool(found) == (db.engine.dialect.name == "postgresql")
