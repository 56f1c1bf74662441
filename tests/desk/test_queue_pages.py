"""The queue at the desk, in a room, on the wall and on a parent's phone."""

import json
import re
from datetime import time, timedelta

import pytest
import time_machine

from clinic.accounts.models import Role
from clinic.clock import clinic_day
from clinic.db import db
from clinic.visits import arriving, line
from clinic.visits.models import Ticket
from clinic.visits.rules import State
from tests.makes import (
    NOON,
    make_appointment,
    make_centre,
    make_child,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_slot,
    make_user,
)
from tests.pages import values
from tests.queries import count_queries

pytestmark = pytest.mark.usefixtures("noon")
TODAY = clinic_day(NOON)


@pytest.fixture
def app(both):
    """Each of these on both engines: the rows that are locked were loaded with others."""
    return both


@pytest.fixture
def slot(app):
    service = make_service("pediatrics")
    return make_slot(service, day=TODAY, opens=time(14), closes=time(17), capacity=6)


@pytest.fixture
def reception(slot):
    return make_user(Role.RECEPTION, centre=slot.centre)


@pytest.fixture
def doctor(slot):
    user = make_user(Role.CLINICIAN, centre=slot.centre)
    slot.practitioner.user = user
    db.session.commit()
    return user


@pytest.fixture
def arrive(slot, reception):
    def make(child=None, by=None):
        service = slot.practitioner.services[0]
        appointment = make_appointment(child, service, slot, by=by)
        ticket = arriving.check_in(appointment, by=reception, now=NOON)
        db.session.commit()
        return ticket

    return make


@pytest.fixture
def room(client, doctor, slot):
    """The doctor's browser, and a way to press a button on the queue's page."""
    browser = client.sign_in(doctor)
    place = {
        "centre": slot.centre.code,
        "station": "doctor",
        "room": slot.clinic_session.room_id,
    }

    def press(verb, ticket=None, headers=None, **more):
        data = place | more
        if ticket is None:
            return browser.post("/desk/queue/next", data=data, headers=headers)
        data |= {"verb": verb, "seen": ticket.steps} | more
        return browser.post(f"/desk/queue/tickets/{ticket.id}", data=data, headers=headers)

    browser.press = press
    return browser


HTMX = {"HX-Request": "true"}


def tags(page):
    """What the parts of a page send along to say what they have."""
    sent = [json.loads(one) for one in values(page, "[hx-headers]", "hx-headers")]
    return [one["If-None-Match"][3:-1] for one in sent if "If-None-Match" in one]


def test_a_doctor_finds_their_own_room_and_calls_finishes_and_undoes(room, arrive):
    first, second = arrive(), arrive()
    page = room.get("/desk/queue").text
    assert "A001" in page
    assert "叫下一位" in page

    assert room.press("next").status_code == 303
    assert first.state is State.CALLED
    room.press("begin", first)
    room.press("finish", first)
    assert (first.state, second.state) == (State.DONE, State.WAITING)
    assert f'id="undo-{first.id}"' in room.get("/desk/queue").text
    room.press("undo", first)
    assert first.state is State.WITH


def test_a_press_on_an_old_page_says_so_and_does_nothing(room, arrive):
    ticket = arrive()
    room.press("next")
    answer = room.press("skip", ticket, seen=1)
    assert answer.status_code == 422
    assert "刚刚已被处理" in answer.text
    assert ticket.state is State.CALLED


def test_nobody_waiting_is_a_sentence_behind_the_button(room):
    answer = room.page("/desk/queue").form(action="/desk/queue/next").submit(htmx=True)
    assert answer.status == 422
    assert answer.rows("form[action$='/queue/next'] + .notice-bad") == ["这里没有人在等候。"]
    assert "<html" not in answer.text


def test_what_another_was_quicker_with_is_said_at_its_ticket(room, arrive):
    first, second = arrive(), arrive()
    page = room.page("/desk/queue")
    room.press("call", second)
    room.press("skip", second)
    answer = page.form(action=f"/desk/queue/tickets/{second.id}", index=0).submit(htmx=True)
    assert answer.status == 422
    (card,) = [node for node in answer.tree.css("li") if node.css_first(".notice-bad")]
    assert second.label in card.text()
    assert first.label not in card.text()
    assert len(answer.tree.css(".notice-bad")) == 1


def test_what_has_left_the_station_is_said_behind_the_button(room, arrive):
    ticket = arrive()
    page = room.page("/desk/queue")
    room.press("call", ticket)
    room.press("finish", ticket)
    assert ticket.state is State.DONE
    room.press("undo", ticket)
    room.press("hand_over", ticket, to="observation")
    answer = page.form(action=f"/desk/queue/tickets/{ticket.id}", index=0).submit(htmx=True)
    assert len(answer.rows(".notice-bad")) == 1


@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("dance", {}),
        ("call", {"seen": "x"}),
        ("hand_over", {"to": "roof"}),
        ("call", {"room": "x"}),
    ],
)
def test_nonsense_is_refused(room, arrive, verb, data):
    ticket = arrive()
    assert room.press(verb, ticket, **data).status_code == 422
    assert ticket.state is State.WAITING


def test_a_ticket_of_another_centre_does_not_exist(room, arrive, app):
    ticket = arrive()
    stranger = app.test_client().sign_in(make_user(Role.CLINICIAN, centre=make_centre()))
    answer = stranger.post(f"/desk/queue/tickets/{ticket.id}", data={"verb": "skip", "seen": 1})
    assert answer.status_code == 404


def test_the_part_asks_with_its_tag_and_is_told_when_something_changed(room, arrive):
    arrive()
    (tag,) = tags(room.get("/desk/queue").text)
    ask = HTMX | {"If-None-Match": f'W/"{tag}"'}
    address = f"/desk/queue?{room_address(room)}"
    part = room.get(address, headers=HTMX)
    tag = tags(part.text)[0]
    ask = HTMX | {"If-None-Match": f'W/"{tag}"'}
    assert room.get(address, headers=ask).status_code == 304
    arrive()
    changed = room.get(address, headers=ask)
    assert changed.status_code == 200
    assert "A002" in changed.text
    with time_machine.travel(NOON + timedelta(minutes=1), tick=False):
        ask = HTMX | {"If-None-Match": f'W/"{tags(changed.text)[0]}"'}
        assert room.get(address, headers=ask).status_code == 200  # waits are minutes


def room_address(browser):
    page = browser.get("/desk/queue").text
    (address,) = values(page, '[hx-get^="/desk/queue?"]', "hx-get")
    return address.partition("?")[2]


def test_an_unchanged_part_costs_a_handful_of_queries_for_one_as_for_many(room, arrive):
    arrive()
    address = f"/desk/queue?{room_address(room)}"
    room.get(address, headers=HTMX)  # whom a list shows anew is noted, in a statement more
    few = count_queries(lambda: room.get(address, headers=HTMX))
    for _ in range(4):
        arrive()
    room.get(address, headers=HTMX)
    assert count_queries(lambda: room.get(address, headers=HTMX)) == few
    tag = tags(room.get(address, headers=HTMX).text)[0]
    ask = HTMX | {"If-None-Match": f'W/"{tag}"'}
    assert count_queries(lambda: room.get(address, headers=ask)) <= 6


def test_arrivals_show_the_ticket_and_check_in_a_family_with_one_press(client, reception, slot):
    parent, service = make_user(), slot.practitioner.services[0]
    siblings = [make_child(parent, name=name) for name in ("王大宝", "王小宝")]
    visits = [make_appointment(sibling, service, slot, by=parent) for sibling in siblings]
    desk = client.sign_in(reception)
    assert "全家 2 项一起签到" in desk.get("/desk/").text
    desk.post(f"/desk/appointments/{visits[0].id}/arrival/family")
    page = desk.get("/desk/").text
    assert "A001" in page
    assert "A002" in page
    assert "全家" not in page

    desk.post(f"/desk/appointments/{visits[0].id}/arrival/undo")
    states = [ticket.state for ticket in db.session.query(Ticket).order_by(Ticket.id)]
    assert states == [State.VOID, State.WAITING]


def test_arrivals_mark_early_late_and_missing(client, reception, slot, arrive):
    arrive(make_child(name="周一"))
    service = slot.practitioner.services[0]
    make_appointment(make_child(name="没来"), service, slot)
    desk = client.sign_in(reception)
    page = desk.get("/desk/").text
    assert page.count("早到") == 1
    assert "还没到" not in page
    with time_machine.travel(slot.starts_at + timedelta(minutes=16), tick=False):
        page = desk.get("/desk/").text
    assert "早到" not in page
    assert page.count("还没到") == 1


def test_arrivals_are_unchanged_until_something_happens(client, reception, slot, arrive):
    arrive()
    desk = client.sign_in(reception)
    tag = tags(desk.get("/desk/").text)[0]
    ask = HTMX | {"If-None-Match": f'W/"{tag}"'}
    address = f"/desk/?centre={slot.centre.code}"
    assert desk.get(address, headers=ask).status_code == 304
    make_appointment(service=slot.practitioner.services[0], slot=slot)
    assert desk.get(address, headers=ask).status_code == 200


def test_the_wall_shows_numbers_and_rooms_in_both_languages_and_never_a_name(
    room, arrive, slot, client, app
):
    child = make_child(name="欧阳慕容")
    first, _ = arrive(child), arrive()
    room.press("next")
    wall = app.test_client().get(f"/desk/screen/{slot.centre.code}").text
    assert "A001" in wall
    assert "A002" in wall
    assert slot.clinic_session.room.name_zh in wall
    assert slot.clinic_session.room.name_en in wall
    assert "请到" in wall
    assert "Please go to" in wall
    assert child.name not in wall
    assert max(child.name_pinyin.split(), key=len) not in wall
    assert first.encounter.child is child


def test_the_wall_is_unchanged_until_somebody_is_called(room, arrive, slot, app):
    arrive()
    wall = app.test_client()
    address = f"/desk/screen/{slot.centre.code}"
    tag = tags(wall.get(address).text)[0]
    ask = HTMX | {"If-None-Match": f'W/"{tag}"'}
    assert wall.get(address, headers=ask).status_code == 304
    assert count_queries(lambda: wall.get(address, headers=ask)) <= 3  # with BEGIN
    room.press("next")
    assert wall.get(address, headers=ask).status_code == 200
    assert wall.get("/desk/screen/nowhere").status_code == 404


def at(slot, minutes):
    """So long before the slot."""
    return time_machine.travel(slot.starts_at - timedelta(minutes=minutes), tick=False)


def test_a_parent_sees_the_ticket_and_how_long_it_takes(app, slot, arrive, doctor):
    parent = make_user()
    for _ in range(4):
        arrive()
    ticket = arrive(make_child(parent), by=parent)
    phone = app.test_client().sign_in(parent)
    links = values(phone.get("/appointments/").text, 'main a[href^="/appointments/"]', "href")
    appointment = links[0].rpartition("/")[2]
    page = phone.get(f"/appointments/{appointment}").text
    assert ticket.label in page
    assert "您来得较早：您的就诊时间是 14:00" in page  # it is noon: nobody waits yet
    with at(slot, 15):
        page = phone.get(f"/appointments/{appointment}").text
        assert "前面还有 4 位，约 60 分钟" in page  # as booked: 15 minutes a child

    by_room, now = slot.clinic_session.room, slot.starts_at
    for minutes in (5, 5, 5):
        one = line.call_next(slot.centre_id, "doctor", by_room, by=doctor, now=now)
        now += timedelta(minutes=minutes)
        line.finish(one, seen=one.steps, by=doctor, now=now)
    with time_machine.travel(now, tick=False):
        part = phone.get(f"/appointments/{appointment}/wait", headers=HTMX).text
    assert "前面还有 1 位，约 5 分钟" in part
    assert "<html" not in part


def test_the_queue_says_of_each_room_what_the_slips_say(client, reception, slot, arrive):
    """Three wait for one room, one for another; seen without a room, their minutes do not add up."""
    for _ in range(3):
        arrive()
    service = slot.practitioner.services[0]
    hours = {"opens": time(14), "closes": time(17)}
    other = make_session(
        make_practitioner([service], centre=slot.centre),
        make_room(slot.centre),
        [service],
        TODAY,
        **hours,
    ).slots[0]
    alone = make_appointment(service=service, slot=other)
    later = make_appointment(service=service, slot=other.clinic_session.slots[8])  # at four
    desk = client.sign_in(reception)
    with at(slot, 5):
        for appointment in (alone, later):
            desk.post(f"/desk/appointments/{appointment.id}/arrival")
        page = desk.page("/desk/queue?station=doctor&room=")
        waits = [
            re.search(r"约 (\d+) 分钟", row)[1] for row in page.rows("[aria-labelledby=waiting] li")
        ]
        assert waits == ["0", "15", "30", "0"]
        assert "预约时间 16:00" in page.rows("[aria-labelledby=early] li")[0]
        slips = [
            desk.page(f"/desk/appointments/{appointment.id}/slip").words
            for appointment in (alone, later)
        ]
    assert "下一位就是您" in slips[0]
    assert "您来得较早：您的就诊时间是 16:00" in slips[1]
