"""The queue at the desk, in a room, on the wall and on a parent's phone."""

import re
from datetime import time, timedelta

import pytest
import time_machine

from clinic.accounts.models import Role
from clinic.clock import clinic_day
from clinic.visits.rules import State
from tests.desk.queue.asking import at, tags
from tests.makes import (
    NOON,
    make_appointment,
    make_centre,
    make_practitioner,
    make_room,
    make_session,
    make_user,
)
from tests.pages import values
from tests.queries import count_queries

pytestmark = pytest.mark.usefixtures("noon")
TODAY = clinic_day(NOON)
HTMX = {"HX-Request": "true"}


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
