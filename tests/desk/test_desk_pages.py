"""Reception: arrivals, walk-ins, changes on behalf of a family."""

import re
from datetime import time, timedelta

import pytest
import time_machine

from clinic.accounts.models import Role, User
from clinic.audit import AuditEvent
from clinic.clock import clinic_day
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment, Channel
from clinic.scheduling.references import spoken
from clinic.scheduling.status import Status, status_of
from tests.makes import (
    NOON,
    make_appointment,
    make_child,
    make_guardianship,
    make_slot,
    make_user,
)
from tests.pages import rows
from tests.queries import count_queries

pytestmark = pytest.mark.usefixtures("noon")
TODAY = clinic_day(NOON)


def test_one_press_checks_in_and_ten_minutes_undo_it(desk, visit):
    url = f"/desk/appointments/{visit.id}/arrival"
    desk.post(url)
    desk.post(url)
    assert status_of(visit) is Status.ARRIVED
    assert f"{url}/undo" in desk.get("/desk/").text

    desk.post(f"{url}/undo")
    assert status_of(visit) is Status.BOOKED

    desk.post(url)
    with time_machine.travel(NOON + timedelta(minutes=11), tick=False):
        assert f"{url}/undo" not in desk.get("/desk/").text
        assert desk.post(f"{url}/undo").status_code == 422


def test_htmx_gets_the_list_alone(desk, visit):
    url = f"/desk/appointments/{visit.id}/arrival"
    answer = desk.post(url, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'id="arrivals"' in answer.text


def test_a_visitor_is_found_by_what_they_say(desk, visit):
    phone = visit.child.guardianships[0].user.phone
    for typed in ("王一禾", "wyh", phone[-4:], spoken(visit.booking.reference).lower()):
        assert "王一禾" in desk.post("/desk/search", data={"q": typed}).text, typed
    assert "王一禾" not in desk.post("/desk/search", data={"q": "zhang"}).text


def test_a_reference_of_another_day_says_which(desk, service, slot):
    from clinic.scheduling.timetable.opening import Hours, open_session

    tomorrow = open_session(
        slot.clinic_session.practitioner,
        slot.clinic_session.room,
        [service],
        TODAY + timedelta(days=1),
        Hours(time(9), time(10), 15, 1, 1),
        by=make_user(),
        now=NOON,
    )
    later = make_appointment(service=service, slot=tomorrow.slots[0])
    page = desk.post("/desk/search", data={"q": later.booking.reference}).text
    assert f"/desk/appointments/{later.id}" in page


def test_another_centres_visitors_do_not_exist(app, desk):
    other = make_appointment()
    found = desk.post("/desk/search", data={"q": other.booking.reference}).text
    assert f"/desk/appointments/{other.id}" not in found
    for page in ("", "/slip", "/move", "/cancellation"):
        assert desk.get(f"/desk/appointments/{other.id}{page}").status_code == 404
    assert desk.post(f"/desk/appointments/{other.id}/arrival").status_code == 404


def test_what_a_scanner_reads_has_a_sentence_and_a_way_on(desk, visit, slot):
    from clinic.scheduling.appointments import booking
    from clinic.scheduling.references import new_reference

    elsewhere = make_appointment()
    cancelled = make_appointment(service=slot.practitioner.services[0], slot=slot)
    booking.cancel(cancelled, by=make_user(), online=False, now=NOON)
    said = {
        elsewhere.booking.reference: elsewhere.centre.name_zh,
        cancelled.booking.reference: "已取消",
        new_reference(): "没有这个预约号",
        "K7MR4QX3": "有一位不对",
        "https://example.cn/pay?id=99": "不是我们的预约码",
        "龘靐": "今天没有符合的访客",
    }
    for typed, words in said.items():
        page = desk.post("/desk/search", data={"q": typed}).text
        assert words in page, typed
        assert "/desk/walk-in" in page
        assert elsewhere.child.name_pinyin not in page


WALK_IN = {
    "key": "abcdefgh1",
    "channel": "desk",
    "phone": "13900139000",
    "guardian": "张敏",
    "relation": "mother",
    "name": "赵子沐",
    "sex": "male",
    "birth_date": "2025-06-01",
    "agreed": "y",
    "day": TODAY.isoformat(),
    "arrived": "y",
}


def test_a_family_without_an_account_is_booked_and_checked_in(desk, service, slot):
    data = WALK_IN | {"service": service.id, "slot": slot.id}
    answers = [desk.post("/desk/walk-in", data=data) for _ in range(2)]

    assert answers[0].location == answers[1].location
    appointment = db.session.query(Appointment).one()
    assert status_of(appointment) is Status.ARRIVED
    assert appointment.booking.channel is Channel.DESK
    guardian = db.session.query(User).filter_by(phone="+8613900139000").one()
    assert guardian.claimed_at is None
    assert "赵子沐" in desk.get(answers[0].location).text


@pytest.mark.parametrize(
    ("on_record", "typed"), [("赵子沐", "赵 子沐"), ("Müller", "mueller"), ("Weiß", "WEISS")]
)
def test_a_known_child_is_not_registered_again(desk, service, slot, on_record, typed):
    parent = make_user(phone="+8613900139000")
    child = make_child(parent, name=on_record)
    data = WALK_IN | {"service": service.id, "slot": slot.id, "birth_date": child.birth_date}
    data["name"] = typed
    desk.post("/desk/walk-in", data=data)
    assert db.session.query(Child).count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", ""),
        ("phone", "12345"),
        ("phone", "me@example.cn"),
        ("guardian", ""),
        ("name", ""),
        ("name", "x" * 61),
        ("sex", ""),
        ("birth_date", ""),
        ("birth_date", "2026-03-03"),
        ("agreed", ""),
        ("day", "2026-02-01"),
        ("slot", ""),
        ("slot", "noon"),
    ],
)
def test_a_bad_walk_in_is_said_and_kept(desk, service, slot, field, value):
    data = WALK_IN | {"service": service.id, "slot": slot.id} | {field: value}
    answer = desk.post("/desk/walk-in", data=data)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert field == "guardian" or "张敏" in answer.text
    assert db.session.query(Appointment).count() == 0
    assert db.session.query(Child).count() == 0


def test_cancelling_on_behalf(desk, visit):
    page = desk.page(f"/desk/appointments/{visit.id}/cancellation")
    page.form().fill(reason="发烧").submit()
    assert status_of(visit) is Status.CANCELLED
    assert visit.cancel_reason == "发烧"


def test_the_list_asks_as_often_for_one_as_for_many(desk, service, slot):
    make_appointment(service=service, slot=slot)
    few = count_queries(lambda: desk.get("/desk/"))
    for other in slot.clinic_session.slots[1:9]:
        appointment = make_appointment(service=service, slot=other)
        make_guardianship(make_user(), appointment.child)
    assert count_queries(lambda: desk.get("/desk/")) == few


def test_a_walk_in_whose_time_has_just_gone_keeps_what_was_typed(desk, service, slot):
    for _ in range(3):
        make_appointment(service=service, slot=slot)
    data = WALK_IN | {"service": service.id, "slot": slot.id}
    answer = desk.post("/desk/walk-in", data=data)
    assert answer.status_code == 409
    assert "刚刚被约走" in answer.text
    assert "赵子沐" in answer.text
    assert 'id="slot-error"' in answer.text


def test_another_centres_time_cannot_be_given_away_here(desk, service, slot):
    elsewhere = make_slot(service, day=TODAY, opens=time(14), closes=time(17))
    data = WALK_IN | {"service": service.id, "slot": elsewhere.id}
    assert desk.post("/desk/walk-in", data=data).status_code == 409
    assert db.session.query(Appointment).count() == 0


def test_times_are_answered_as_a_part(desk, service, slot):
    data = {"service": service.id, "day": TODAY.isoformat()}
    page = desk.post("/desk/walk-in/times", data=data).text
    assert "<html" not in page
    assert f'value="{slot.id}"' in page


def test_the_record_of_a_visit_shows_whom_to_call(desk, visit):
    phone = visit.child.guardianships[0].user.phone
    page = desk.page(f"/desk/appointments/{visit.id}")
    assert phone[3:] not in page.text
    assert f"{phone[3:6]}****{phone[-4:]}" in page.words
    assert phone[3:] in page.click("联系家长").words
    noted = db.session.query(AuditEvent).filter_by(action="read contacts")
    assert [event.subject_id for event in noted] == [visit.child_id]


@pytest.mark.parametrize("page", ["walk-in", "cancellation"])
def test_what_was_typed_survives_an_expired_session(desk, service, slot, visit, page):
    path = "/desk/walk-in" if page == "walk-in" else f"/desk/appointments/{visit.id}/cancellation"
    receptionist = db.session.query(User).filter(User.memberships.any(role=Role.RECEPTION)).one()
    data = WALK_IN | {"service": service.id, "slot": slot.id, "reason": "家里有事"}
    desk.forget().post(path, data=data, headers={"Referer": f"http://localhost{path}"})
    back = desk.sign_in(receptionist).get(path).text
    assert ("赵子沐" if page == "walk-in" else "家里有事") in back
    desk.page(path).press("丢弃")
    assert ("赵子沐" if page == "walk-in" else "家里有事") not in desk.get(path).text


def test_who_came_late_is_marked_and_goes_behind_who_is_on_time(app, desk, service, slot):
    first, second = slot, slot.clinic_session.slots[3]
    doctor = make_user(Role.CLINICIAN, centre=slot.centre)
    slot.practitioner.user = doctor
    times = [(first, 16), (second, 0)]  # and how late they are, in minutes
    visits = [
        make_appointment(make_child(name=f"小{n}"), service, each[0])
        for n, each in enumerate(times)
    ]
    for visit, (each, minutes) in zip(visits, times, strict=True):
        at = each.starts_at + timedelta(minutes=minutes)
        attendance.check_in(visit, by=doctor, now=at)
    walk_in = make_appointment(make_child(name="小9"), service, first, now=NOON)
    walk_in.booking.made_at = first.starts_at + timedelta(minutes=20)
    attendance.check_in(walk_in, by=doctor, now=first.starts_at + timedelta(minutes=20))

    pages = [desk.get("/desk/").text, app.test_client().sign_in(doctor).get("/calendar/").text]

    for page in pages:
        assert list(dict.fromkeys(re.findall(r"小\d", rows(page, "main")[0]))) == [
            "小9",
            "小1",
            "小0",
        ]
        assert page.count("迟到") == 1


HOLIDAY = "2026-05-01"


def test_the_walk_in_page_says_it(desk):
    page = desk.page("/desk/walk-in").form(holding="birth_date").fill(day=HOLIDAY).submit("show")
    assert "法定节假日，中心休息。" in page.words


def test_the_page_that_moves_a_visit_says_it(desk, visit):
    page = desk.page(f"/desk/appointments/{visit.id}/move?day={HOLIDAY}")
    assert "法定节假日，中心休息。" in page.words
