"""Leave from the request to the families' new times; a sick clinician in two presses."""

from datetime import date, time, timedelta

import pytest

from clinic.accounts.models import Role
from clinic.audit import AuditEvent
from clinic.centres.models import Leave
from clinic.clock import at, day_bounds
from clinic.db import db
from clinic.scheduling.appointments import new_times
from clinic.scheduling.changes import applying, leaves
from clinic.scheduling.changes.kinds import Away
from clinic.scheduling.changes.leaves import LeaveRequest
from clinic.scheduling.status import Status, status_of
from tests.makes import NOON, TOMORROW, make_appointment, make_user
from tests.pages import values
from tests.queries import count_queries
from tests.scheduling.changes.clinic import Clinic

pytestmark = pytest.mark.usefixtures("noon")
TODAY = date(2026, 3, 2)


@pytest.fixture
def clinic(app):
    """Tomorrow from nine to eleven; the day after too, so that there are new times."""
    made = Clinic()
    made.open(TOMORROW + timedelta(days=1))
    return made


@pytest.fixture
def doctor(clinic):
    clinic.practitioner.user = make_user(Role.CLINICIAN, centre=clinic.centre)
    db.session.commit()
    return clinic.practitioner.user


@pytest.fixture
def manager(clinic):
    return make_user(Role.MANAGER, centre=clinic.centre)


def asking(clinic, **kw):
    days = {"first_day": TOMORROW.isoformat(), "last_day": TOMORROW.isoformat()}
    return {"practitioner": clinic.practitioner.id, "reason": "进修"} | days | kw


def version_on(page):
    (version,) = values(page.text, "[name=version]", "value")
    return version


def test_from_the_request_to_new_times(client, clinic, doctor, manager):
    visit = clinic.book(0)
    assert client.sign_in(doctor).post("/calendar/leave", data=asking(clinic)).status_code == 303
    asked = db.session.query(LeaveRequest).one()
    assert status_of(visit) is Status.BOOKED  # asking changes nothing

    client.sign_in(manager)
    assert f"request={asked.id}" in client.get("/manage/leave").text
    url = f"/manage/away?request={asked.id}"
    shown = client.get(url)
    assert "王一禾" in shown.text
    answer = client.post(url, data={"version": version_on(shown)})

    assert answer.status_code == 303
    assert asked.granted is True
    assert status_of(visit) is Status.DISPLACED
    assert len(new_times.kept_for(visit, now=NOON)) == new_times.KEPT
    page = client.get(answer.location).text
    assert "王一禾" in page
    assert f"/desk/appointments/{visit.id}/contacts" in page  # no message goes out: call them


def test_a_booking_in_between_is_shown_before_anything_is_done(client, clinic, manager):
    client.sign_in(manager)
    url = f"/manage/away?who={clinic.practitioner.id}&first=2026-03-03&last=2026-03-03"
    version = version_on(client.get(url))
    visit = clinic.book(0)

    answer = client.post(url, data={"version": version})

    assert answer.status_code == 422
    assert "王一禾" in answer.text
    assert status_of(visit) is Status.BOOKED
    assert db.session.query(Leave).count() == 0
    assert client.post(url, data={"version": version_on(answer)}).status_code == 303


@pytest.mark.parametrize("role", [Role.MANAGER, Role.RECEPTION])
def test_sick_this_morning_in_two_presses(client, clinic, role):
    session = clinic.open(TODAY, opens=time(13), closes=time(15))
    visit = make_appointment(
        service=clinic.service, slot=session.slots[0], now=NOON - timedelta(days=1)
    )
    client.sign_in(make_user(role, centre=clinic.centre))
    url = values(client.get("/manage/leave").text, 'a[href^="/manage/away"]', "href")[0]

    assert client.post(url, data={"version": version_on(client.get(url))}).status_code == 303

    assert status_of(visit) is Status.DISPLACED
    assert new_times.kept_for(visit, now=NOON)


def test_reception_may_send_nobody_away_on_other_days(client, clinic):
    client.sign_in(make_user(Role.RECEPTION, centre=clinic.centre))
    url = f"/manage/away?who={clinic.practitioner.id}&first=2026-03-03&last=2026-03-03"
    assert client.get(url).status_code == 403
    assert client.post(url).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"first_day": "2026-03-01"},
        {"first_day": "2026-03-04"},
        {"first_day": ""},
        {"last_day": "soon"},
        {"opens": "11:00", "closes": "09:00"},
        {"reason": "x" * 121},
        {"practitioner": "999999"},
    ],
)
def test_leave_that_cannot_be_is_said_beside_the_field(client, clinic, doctor, wrong):
    answer = client.sign_in(doctor).post("/calendar/leave", data=asking(clinic, **wrong))
    assert answer.status_code == 422
    assert "-error" in answer.text
    assert db.session.query(LeaveRequest).count() == 0


def test_nobody_is_sent_away_on_a_day_that_has_passed(client, clinic, manager):
    visit = clinic.book(0)
    url = f"/manage/away?who={clinic.practitioner.id}&first=2026-02-27&last=2026-03-03"
    page = client.sign_in(manager).get(url)
    assert page.status_code == 422
    assert "请假不能从已过去的日期开始" in page.text
    assert 'name="version"' not in page.text
    assert 'href="/manage/leave?' in page.text
    assert client.post(url, data={"version": "x"}).status_code == 422
    assert status_of(visit) is Status.BOOKED


def test_leave_over_other_leave_is_refused_and_the_days_beside_it_are_not(client, clinic, doctor):
    client.sign_in(doctor)
    assert client.post("/calendar/leave", data=asking(clinic)).status_code == 303
    assert client.post("/calendar/leave", data=asking(clinic)).status_code == 422
    beside = asking(clinic, first_day="2026-03-04", last_day="2026-03-05")
    assert client.post("/calendar/leave", data=beside).status_code == 303


def test_a_request_is_answered_once(client, clinic, doctor, manager):
    asked = leaves.ask_leave(clinic.practitioner, *day_bounds(TOMORROW), "", by=doctor, now=NOON)
    client.sign_in(manager)
    assert client.post(f"/manage/leave/{asked.id}/refusal").status_code == 303
    assert asked.granted is False
    away = Away(clinic.practitioner, asked.starts_at, asked.ends_at)
    version = applying.preview(away, now=NOON).version
    with pytest.raises(leaves.IsDecided):
        leaves.send_away(away, version, by=manager, now=NOON, request=asked)


def test_a_request_that_waits_is_withdrawn_and_may_be_asked_again(client, clinic, doctor, manager):
    client.sign_in(doctor).post("/calendar/leave", data=asking(clinic))
    (asked,) = db.session.query(LeaveRequest)
    page = client.page("/calendar/leave")
    assert page.press("撤回申请").status == 303
    db.session.refresh(asked)
    assert (asked.withdrawn_at, asked.granted) == (NOON, None)
    (event,) = db.session.query(AuditEvent).filter_by(action="withdraw_leave")
    assert (event.actor_id, event.subject_id) == (doctor.id, asked.id)
    shown = client.page("/calendar/leave")
    assert "已撤回" in shown.words
    assert not shown.has_form(action="/withdrawal")
    assert client.post("/calendar/leave", data=asking(clinic)).status_code == 303

    client.sign_in(manager)
    listed = client.get("/manage/leave").text
    assert f"request={asked.id}" not in listed
    away = client.page(f"/manage/away?request={asked.id}", status=422)
    assert "这份请假申请已由本人撤回。" in away.words
    assert not away.has_form(holding="version")


def test_a_request_that_was_answered_is_not_withdrawn(client, clinic, doctor, manager):
    client.sign_in(doctor).post("/calendar/leave", data=asking(clinic))
    (asked,) = db.session.query(LeaveRequest)
    page = client.page("/calendar/leave")
    leaves.refuse_leave(asked, by=manager, now=NOON)
    db.session.commit()
    assert "该申请已经处理过。" in page.press("撤回申请").follow().words
    db.session.refresh(asked)
    assert (asked.granted, asked.withdrawn_at) == (False, None)


def test_nobody_withdraws_the_request_of_another(client, clinic, doctor, manager):
    asked = leaves.ask_leave(clinic.practitioner, *day_bounds(TOMORROW), "", by=doctor, now=NOON)
    db.session.commit()
    client.sign_in(make_user(Role.CLINICIAN, centre=clinic.centre))
    assert client.post(f"/calendar/leave/{asked.id}/withdrawal").status_code == 404
    client.sign_in(manager)
    assert client.post(f"/calendar/leave/{asked.id}/withdrawal").status_code == 403
    db.session.refresh(asked)
    assert asked.withdrawn_at is None


def test_a_granted_leave_is_granted_once_on_both_engines(both):
    clinic = Clinic()
    visit = clinic.book(0)
    asked = leaves.ask_leave(
        clinic.practitioner, *day_bounds(TOMORROW), "", by=clinic.manager, now=NOON
    )
    db.session.commit()
    away = Away(clinic.practitioner, asked.starts_at, asked.ends_at)
    version = applying.preview(away, now=NOON).version
    leaves.send_away(away, version, by=clinic.manager, now=NOON, request=asked)
    db.session.commit()
    assert status_of(visit) is Status.DISPLACED
    with pytest.raises(leaves.IsDecided):
        leaves.refuse_leave(asked, by=clinic.manager, now=NOON)
    with pytest.raises(leaves.LeaveOverlaps):
        leaves.send_away(away, version, by=clinic.manager, now=NOON)


def test_leave_taken_back_brings_the_family_back(client, clinic, manager):
    visit = clinic.book(0)
    clinic.do(Away(clinic.practitioner, at(TOMORROW, time(0)), at(TOMORROW, time(23))))
    assert status_of(visit) is Status.DISPLACED
    leave = db.session.query(Leave).one()
    client.sign_in(manager)
    assert client.post(f"/manage/leave/{leave.id}/lift").status_code == 303
    db.session.refresh(visit)
    assert status_of(visit) is Status.BOOKED


def test_the_page_of_new_times_asks_as_often_for_many_families_as_for_one(client, clinic, manager):
    clinic.book(0)
    clinic.do(clinic.away(closes=time(9, 15)))
    (first,) = new_times.waiting(clinic.centre.id)
    new_times.offer_to(first.id, now=NOON)
    client.sign_in(manager)
    one = count_queries(lambda: client.get("/manage/new-times"))

    for number in (4, 5, 6):
        clinic.book(number)
    clinic.do(Away(clinic.practitioner, at(TOMORROW, time(9, 15)), at(TOMORROW, time(23))))
    waiting = new_times.waiting(clinic.centre.id)
    for each in waiting:
        new_times.offer_to(each.id, now=NOON)
    db.session.commit()
    kept = new_times.times_kept([each.id for each in waiting], now=NOON)
    for each in waiting:
        assert kept[each.id] == [hold.slot.starts_at for hold in new_times.kept_for(each, now=NOON)]
    assert [len(times) for times in kept.values()] == [new_times.KEPT] * 4
    assert count_queries(lambda: client.get("/manage/new-times")) == one
