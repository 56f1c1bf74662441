"""A clinician's day, week, and what happened."""

from datetime import time, timedelta

import pytest
import time_machine

from clinic.accounts.models import Role
from clinic.centres.models import Practitioner
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.status import Status, status_of
from tests.makes import (
    NOON,
    make_appointment,
    make_centre,
    make_practitioner,
    make_service,
    make_slot,
    make_user,
)
from tests.pages import rows
from tests.queries import count_queries

pytestmark = pytest.mark.usefixtures("noon")
TODAY = clinic_day(NOON)


@pytest.fixture
def service(app):
    return make_service()


@pytest.fixture
def slot(service):
    """The first of a session that began at eight today."""
    return make_slot(service, day=TODAY, opens=time(8), closes=time(17))


@pytest.fixture
def doctor(client, slot):
    """The client of the slot's clinician."""
    practitioner = db.session.get(Practitioner, slot.practitioner_id)
    practitioner.user = make_user(Role.CLINICIAN, centre=practitioner.centre, name="陈医生")
    db.session.commit()
    return client.sign_in(practitioner.user)


@pytest.fixture
def visit(service, slot):
    from datetime import timedelta

    appointment = make_appointment(service=service, slot=slot, now=NOON - timedelta(days=1))
    appointment.child.allergies = "青霉素：皮疹"
    db.session.commit()
    return appointment


def outcome(visit, **kw):
    return {"outcome": "done", "note": "一切正常", "version": visit.version} | kw


def test_day_and_week_say_who_comes_and_their_allergies(doctor, visit):
    day = doctor.get("/calendar/").text
    assert "王一禾" in day
    assert "青霉素：皮疹" in day
    assert "王一禾" in doctor.get("/calendar/week").text
    assert "王一禾" not in doctor.get("/calendar/?day=2026-03-04").text


@pytest.mark.parametrize("day", ["", "rubbish", "2026-99-01"])
def test_a_day_that_is_none_is_today(doctor, visit, day):
    assert "王一禾" in doctor.get("/calendar/", query_string={"day": day}).text


@pytest.mark.parametrize(("what", "status"), [("done", Status.DONE), ("no_show", Status.NO_SHOW)])
def test_what_happened_is_noted(doctor, visit, what, status):
    url = f"/calendar/appointments/{visit.id}"
    answer = doctor.post(f"{url}/outcome", data=outcome(visit, outcome=what))
    assert answer.status_code == 303
    assert status_of(visit) is status
    assert visit.note == "一切正常"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"version": "77"}, 409),
        ({"version": ""}, 422),
        ({"note": "x" * 1001}, 422),
        ({"outcome": "eaten"}, 422),
    ],
)
def test_what_cannot_be_saved_keeps_the_note(doctor, visit, change, code):
    data = outcome(visit) | change
    answer = doctor.post(f"/calendar/appointments/{visit.id}/outcome", data=data)
    assert answer.status_code == code
    assert data["note"] in answer.text
    assert status_of(visit) is Status.BOOKED


def test_a_cancelled_visit_cannot_be_done(doctor, visit):
    booking.cancel(visit, by=make_user(), online=False, now=NOON)
    answer = doctor.post(f"/calendar/appointments/{visit.id}/outcome", data=outcome(visit))
    assert answer.status_code == 422
    assert status_of(visit) is Status.CANCELLED


def test_another_clinicians_visit_does_not_exist(doctor):
    other = make_appointment()
    assert doctor.get(f"/calendar/appointments/{other.id}").status_code == 404
    assert doctor.post(f"/calendar/appointments/{other.id}/outcome").status_code == 404


def test_a_look_at_a_child_is_written_down(doctor, visit):
    from clinic.audit.trail import AuditEvent

    doctor.get(f"/calendar/appointments/{visit.id}")
    db.session.commit()  # it was written in a transaction of its own
    read = db.session.query(AuditEvent).filter_by(action="read").one()
    assert (read.subject, read.subject_id) == ("children", visit.child_id)


@pytest.mark.parametrize("page", ["/calendar/", "/calendar/week"])
def test_pages_ask_as_often_for_one_as_for_many(doctor, visit, service, slot, page):
    few = count_queries(lambda: doctor.get(page))
    for other in slot.clinic_session.slots[-6:]:
        make_appointment(service=service, slot=other)
    assert count_queries(lambda: doctor.get(page)) == few


def test_a_note_survives_an_expired_session(doctor, visit):
    page = f"/calendar/appointments/{visit.id}"
    user = db.session.get(Practitioner, visit.practitioner_id).user
    answer = doctor.forget().post(
        f"{page}/outcome",
        data=outcome(visit, note="下周复查"),
        headers={"Referer": f"http://localhost{page}"},
    )
    assert answer.location == f"/sign-in?next={page}"
    assert "请登录后继续" in doctor.get(answer.location).text
    assert "下周复查" in doctor.sign_in(user).get(page).text


def test_the_page_of_what_was_posted_can_be_opened(doctor, visit):
    assert "王一禾" in doctor.get(f"/calendar/appointments/{visit.id}/outcome").text


def test_a_visit_says_what_else_is_due(doctor, visit):
    page = doctor.get(f"/calendar/appointments/{visit.id}").text
    assert "其他待完成项目" in page
    (due,) = [row for row in rows(page, "section") if row.startswith("其他待完成项目")]
    assert len(due.split()) > 1


def test_a_clinician_who_moved_to_another_centre_keeps_none_of_its_children(app, client):
    from clinic.accounts.models import Membership, Role
    from clinic.calendar.feed_text import feed_of
    from tests.makes import make_centre, make_practitioner, make_service

    doctor = make_user(Role.CLINICIAN, centre=make_centre())
    service = make_service()
    slot = make_slot(service, practitioner=make_practitioner([service], user=doctor))
    visit = make_appointment(service=service, slot=slot)
    db.session.add(Membership(user_id=doctor.id, role=Role.MANAGER, centre_id=visit.centre_id))
    db.session.commit()
    client.sign_in(doctor)
    for page in ("", "/outcome", "/follow-up"):
        assert client.get(f"/calendar/appointments/{visit.id}{page}").status_code == 404
    post = client.post(f"/calendar/appointments/{visit.id}/outcome", data={"outcome": "done"})
    assert post.status_code == 404
    for board in ("/calendar/", "/calendar/week"):
        day = clinic_day(slot.starts_at).isoformat()
        assert visit.child.name not in client.get(f"{board}?day={day}").text
    with app.test_request_context():
        assert b"BEGIN:VEVENT" not in feed_of(doctor, now=NOON)


@pytest.mark.parametrize(("hours", "status"), [(7, 422), (0, 303)])
def test_who_is_not_here_is_not_seen_hours_before_the_time(client, hours, status):
    clinician = make_user(Role.CLINICIAN, centre=(centre := make_centre()))
    service = make_service()
    who = make_practitioner([service], user=clinician, centre=centre)
    slot = make_slot(
        service, practitioner=who, day=clinic_day(NOON), opens=time(15, 30), closes=time(17)
    )
    visit = make_appointment(service=service, slot=slot)
    with time_machine.travel(slot.starts_at - timedelta(hours=hours), tick=False):
        page = client.sign_in(clinician).page(f"/calendar/appointments/{visit.id}")
        assert page.form(action="/outcome").submit("完成").status == status
    db.session.expire_all()
    assert (visit.done_at is not None) == (status == 303)
