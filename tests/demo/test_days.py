"""The city is alive on any day, and what a person entered stays as it was."""

from datetime import date, time, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from clinic.accounts.queries import find_user
from clinic.ages import age_months
from clinic.app import create_app
from clinic.centres.models import AdjustedDay, Centre
from clinic.clock import at, clinic_day, day_bounds
from clinic.db import db
from clinic.demo.days import renew
from clinic.families.models import Child
from clinic.families.queries import children_of
from clinic.reservations.verify import broken_reservations
from clinic.scheduling.appointments import booking
from clinic.scheduling.models import Appointment, Booking, Channel, Slot, SlotService
from clinic.scheduling.timetable import extending
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verdict.verdict import verdict
from clinic.scheduling.verify import broken_promises
from clinic.vaccination.demo.jabs import can_give
from clinic.vaccination.doses.verify import broken_records
from clinic.vaccination.jab.models import PostVaccinationStay
from clinic.vaccination.jab.queries import lines_of
from clinic.vaccination.record.models import Immunization, Source
from clinic.vaccination.stock.verify import broken_stock
from tests.conftest import SETTINGS
from tests.demo.conftest import DAY
from tests.makes import save

NEXT = DAY + timedelta(days=1)


def visits_on(day):
    start, end = day_bounds(day)
    return select(Appointment).where(Appointment.starts_at >= start, Appointment.starts_at < end)


def is_alive(now):
    """People come today and in the days ahead, wait, and sit under observation, everywhere."""
    day = clinic_day(now)
    for centre in db.session.scalars(select(Centre)).all():
        today = db.session.scalars(visits_on(day).where(Appointment.centre_id == centre.id)).all()
        assert len(today) >= 5, centre.code
        assert any(visit.arrived_at and not visit.done_at for visit in today), centre.code
        staying = select(func.count(PostVaccinationStay.id)).where(
            PostVaccinationStay.centre_id == centre.id, PostVaccinationStay.left_at.is_(None)
        )
        assert db.session.scalar(staying) >= 1, centre.code
        free = select(func.count(Slot.id)).where(
            Slot.centre_id == centre.id,
            Slot.taken < Slot.capacity,
            Slot.starts_at > day_bounds(day, 20)[1],
        )
        assert db.session.scalar(free) > 50, centre.code
    ahead = select(func.count(Appointment.id)).where(
        Appointment.starts_at > day_bounds(day)[1], Appointment.cancelled_at.is_(None)
    )
    assert db.session.scalar(ahead) >= 10
    yesterday = select(func.count(Appointment.id)).where(
        Appointment.starts_at < day_bounds(day)[0],
        Appointment.cancelled_at.is_(None),
        Appointment.no_show_at.is_(None),
        Appointment.done_at.is_(None),
        Appointment.displaced_at.is_(None),
    )
    assert db.session.scalar(yesterday) == 0
    assert broken_promises(now=now) == []
    assert broken_stock() == broken_reservations() == []
    assert broken_records(now=now) == []


@pytest.mark.parametrize(
    "days_later",
    [1, 4, pytest.param(45, id="in a year without a calendar")],
)
def test_the_city_is_alive_after_days_on_which_nobody_looked(city, days_later):
    now = at(DAY + timedelta(days=days_later), time(10, 20))
    assert renew(now)
    is_alive(now)
    assert not renew(now)  # the day is there already


def test_day_after_day(city):
    for days in (1, 2):
        now = at(DAY + timedelta(days=days), time(8, 30))
        assert renew(now)
        is_alive(now)


def test_what_a_person_entered_stays(city):
    parent = find_user("parent@demo.example")
    mine = book_something(parent)
    child = mine.child
    foreign = db.session.scalars(
        visits_on(NEXT).where(Appointment.child_id != child.id, Appointment.cancelled_at.is_(None))
    ).first()
    booking.cancel(foreign, by=foreign.booking.made_by, online=False, now=at(DAY, time(12)))
    db.session.commit()
    theirs = select(Appointment.id).join(Booking).where(Booking.made_by_id == parent.id)
    before = facts_of(mine), facts_of(foreign), facts_of_child(child)
    had = db.session.scalars(theirs.order_by(Appointment.id)).all()

    renew(at(NEXT + timedelta(days=2), time(9)))

    assert (facts_of(mine), facts_of(foreign), facts_of_child(child)) == before
    assert db.session.scalars(theirs.order_by(Appointment.id)).all() == had


def book_something(parent):
    """A visit of the first of their children that the city has not booked one for already."""
    service = next(
        service
        for service in db.session.scalars(select(Centre)).first().services
        if service.kind == "pediatrics"
    )
    start, end = day_bounds(NEXT)
    noon = at(DAY, time(12))
    free = select(Slot.id).join(SlotService, SlotService.slot_id == Slot.id)
    free = free.where(SlotService.service_id == service.id, Slot.taken == 0)
    free = free.where(Slot.starts_at >= start, Slot.starts_at < end).order_by(Slot.id)
    everything = [
        Request(child, service, slots_for(service, slot_id))
        for child in children_of(parent)
        for slot_id in db.session.scalars(free)
    ]
    wanted = next(wanted for wanted in everything if not verdict(wanted, online=True, now=noon))
    made = booking.book(
        [wanted],
        by=parent,
        key="a person's",
        channel=Channel.ONLINE,
        now=noon,
    ).row
    db.session.commit()
    return made.appointments[0]


def facts_of(row):
    db.session.refresh(row)
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def facts_of_child(child):
    given = select(func.count(Immunization.id)).where(Immunization.child_id == child.id)
    return facts_of(child), db.session.scalar(given)


def test_visits_fit_the_child_and_the_profession(city):
    renew(at(NEXT, time(10)))
    for visit in db.session.scalars(select(Appointment)).all():
        months = age_months(visit.child.birth_date, clinic_day(visit.starts_at))
        if "说话" in visit.reason:
            assert months >= 24
        assert visit.service in visit.practitioner.services
        title = visit.practitioner.title_en
        if visit.service.kind == "checkups":
            assert title == "Child health doctor"
        if visit.service.kind == "vaccination":
            assert title == "Vaccination nurse"
            if visit.done_at:
                given = select(Immunization.id).where(Immunization.appointment_id == visit.id)
                assert db.session.scalars(given).all(), visit.id


def test_the_site_renews_its_city_when_a_day_begins(city, city_copy):
    app = create_app(SETTINGS | {"DATABASE_URL": city_copy, "DEMO_RENEWS": True})
    client = app.test_client()
    with time_machine.travel(at(NEXT, time(9)), tick=False):
        assert client.get("/healthz").status_code == 200
        assert count(app) == 0
        assert client.get("/").status_code == 200
        made = count(app)
        assert made > 10
        assert client.get("/").status_code == 200
        assert count(app) == made


def count(app):
    """Bookings that were invented on the next day."""
    with app.app_context():
        newest = select(func.count(Booking.id)).where(
            Booking.idempotency_key.startswith(f"demo-day:{NEXT}")
        )
        found = db.session.scalar(newest)
        db.session.remove()
        db.engine.dispose()
        return found


def test_a_site_that_is_no_demo_never_invents_anything(city_copy):
    app = create_app(SETTINGS | {"DATABASE_URL": city_copy, "DEMO": False, "DEMO_RENEWS": True})
    with time_machine.travel(at(NEXT, time(9)), tick=False):
        app.test_client().get("/")
    assert count(app) == 0


def test_a_child_that_a_parent_added_is_left_alone(city):
    children = select(Child).where(Child.name == "孙安安")
    twin = db.session.scalars(children).one()
    twin.created_at = at(DAY, time(11))
    db.session.commit()
    before = db.session.scalar(select(func.count()).where(Appointment.child_id == twin.id))
    renew(at(DAY + timedelta(days=6), time(9)))
    assert db.session.scalar(select(func.count()).where(Appointment.child_id == twin.id)) == before


def test_a_child_who_is_here_and_needs_no_dose_any_more_does_not_stop_the_city(city):
    visit = waiting_for_a_dose()
    for line in lines_of(visit, DAY):
        elsewhere = {"vaccine": line.vaccine.code, "given_on": DAY, "source": Source.STAFF}
        entered = {"entered_at": at(DAY, time(9)), "entered_by_id": visit.arrived_by_id}
        save(Immunization(child_id=visit.child_id, **elsewhere, **entered))
    assert not can_give(visit, DAY)

    assert renew(at(NEXT, time(9)))

    db.session.refresh(visit)
    assert visit.done_at
    assert visit.note
    assert db.session.scalar(select(func.count()).select_from(visits_on(NEXT).subquery())) > 10


def waiting_for_a_dose():
    """A visit of this day of a child that has come for a dose."""
    query = visits_on(DAY).join(Booking).where(Booking.idempotency_key.startswith("demo-day:"))
    came = query.where(Appointment.arrived_at.is_not(None), Appointment.done_at.is_(None))
    found = db.session.scalars(came.order_by(Appointment.id)).all()
    return next(visit for visit in found if visit.service.kind == "vaccination")


def test_times_are_open_as_far_ahead_as_families_may_book(city):
    now = at(NEXT, time(20))
    renew(now)
    last = db.session.scalar(select(func.max(Slot.starts_at)))
    assert clinic_day(last) == NEXT + extending.HORIZON


def test_a_day_that_the_manager_shut_stays_shut(city):
    centre = db.session.scalars(select(Centre)).first()
    sunday = date(2026, 11, 29)
    db.session.add(AdjustedDay(centre_id=centre.id, day=sunday, works_as=None))
    db.session.commit()

    renew(at(sunday, time(9)))

    assert db.session.get_one(AdjustedDay, (centre.id, sunday)).works_as is None
