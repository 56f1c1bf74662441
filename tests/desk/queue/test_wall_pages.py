"""The wall calls by number, and a parent sees the ticket: never a name."""

from datetime import timedelta

import pytest
import time_machine

from clinic.visits import line
from tests.desk.queue.asking import at, tags
from tests.makes import make_child, make_user
from tests.pages import values
from tests.queries import count_queries

pytestmark = pytest.mark.usefixtures("noon")
HTMX = {"HX-Request": "true"}


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
