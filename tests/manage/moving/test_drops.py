"""Where an appointment is dropped: a day, a time, a clinician; each place that is none has a sentence."""

from datetime import timedelta

import pytest

from clinic.accounts.models import Role
from clinic.centres.models import AdjustedDay
from clinic.clock import at, day_bounds
from clinic.db import db
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.kinds import Close
from clinic.scheduling.models import Appointment
from tests.makes import (
    NOON,
    make_appointment,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_user,
)
from tests.pages import values
from tests.scheduling.rota.rota_of import NEXT_MONDAY, TODAY, Rota

pytestmark = pytest.mark.usefixtures("noon")
TUESDAY, WEDNESDAY = NEXT_MONDAY + timedelta(days=1), NEXT_MONDAY + timedelta(days=2)
THURSDAY, SUNDAY = NEXT_MONDAY + timedelta(days=3), NEXT_MONDAY + timedelta(days=6)


@pytest.fixture
def made(app, client):
    """An appointment on Tuesday at nine; a colleague who gives it too, on Wednesday; one who does not."""
    rota = Rota()
    rota.visit = rota.book(TUESDAY)
    rota.colleague = make_practitioner([rota.service], centre=rota.centre)
    rota.stranger = make_practitioner([make_service()], centre=rota.centre)
    for who in (rota.colleague, rota.stranger):
        make_session(who, make_room(rota.centre), who.services, WEDNESDAY)
    rota.url = f"/manage/appointments/{rota.visit.id}/move"
    rota.boss = make_user(Role.MANAGER, centre=rota.centre)
    client.sign_in(rota.boss)
    return rota


def dropped(client, made, day, wall, who=None, **more):
    query = {"day": day, "at": wall, "with": who.id if who else ""} | more
    return client.get(made.url, query_string=query)


def form_on(page):
    """Where the form that does it goes, and the version that it names."""
    (address,) = values(page.text, 'form[method=post][action*="/move?"]', "action")
    (version,) = values(page.text, 'form[method=post][action*="/move?"] [name=version]', "value")
    return address, version


@pytest.mark.parametrize("whose", ["practitioner", "colleague", None])
def test_the_slot_of_who_was_meant_is_shown_and_taken(client, made, whose):
    who = getattr(made, whose) if whose else None
    shown = dropped(client, made, WEDNESDAY, "09:30", who)
    assert shown.status_code == 200
    db.session.expire_all()
    assert made.visit.starts_at == at(TUESDAY, made.rule.opens)  # nothing is done yet
    address, version = form_on(shown)
    assert client.post(address, data={"version": version}).status_code == 303
    db.session.expire_all()
    # Nobody was named: rather with who has the visit now.
    assert made.visit.practitioner == (who or made.practitioner)
    assert made.visit.starts_at == at(WEDNESDAY, made.rule.opens) + timedelta(minutes=30)


CASES = {
    "an hour in which nobody works": (WEDNESDAY, "12:30", None, "没有人提供该服务"),
    "a day without sessions": (SUNDAY, "09:00", None, "没有人提供该服务"),
    "a clinician who does not give it": (WEDNESDAY, "09:00", "stranger", "没有人提供该服务"),
    "a taken time": (WEDNESDAY, "10:00", "practitioner", "已被占用"),
    "yesterday": (TODAY - timedelta(days=1), "09:00", None, "已经过去"),
    "this morning": (TODAY, "09:00", None, "已经过去"),
    "a day on which the centre rests": (
        THURSDAY,
        "09:00",
        None,
        "中心当天不开诊，请选择其他日期。",
    ),
    "a day that is closed": (NEXT_MONDAY, "09:00", None, "中心当天休息：检修。"),
}


@pytest.mark.parametrize("where", CASES)
def test_what_cannot_be_has_a_sentence_and_a_way_on(client, made, where):
    day, wall, whose, sentence = CASES[where]
    make_appointment(service=made.service, slot=made.slot(WEDNESDAY, number=4))
    change = Close(made.centre, *day_bounds(NEXT_MONDAY), "检修", "Repairs")
    applying.apply(change, applying.preview(change, now=NOON).version, by=made.manager, now=NOON)
    db.session.add(AdjustedDay(centre_id=made.centre.id, day=THURSDAY, works_as=None))
    db.session.commit()

    page = dropped(client, made, day, wall, getattr(made, whose) if whose else None)

    assert page.status_code == 422
    assert page.text.count(sentence) == 1
    assert 'name="version"' not in page.text
    free = 'name="slot"' in page.text
    links = values(page.text, 'a[href*="move?day="]', "href")
    days = [link.partition("move?day=")[2].partition("&")[0] for link in links]
    assert free == (day == WEDNESDAY)
    assert days
    assert all(one > day.isoformat() for one in days)
    assert client.get(f"{made.url}?day={days[0]}").text.count('name="slot"') > 1


@pytest.mark.parametrize("wall", ["", "x", "25:00", "9"])
def test_a_time_that_is_none_only_shows_the_day(client, made, wall):
    page = dropped(client, made, WEDNESDAY, wall)
    assert page.status_code == 200
    assert 'name="slot"' in page.text
    assert 'name="version"' not in page.text


def test_a_clinician_moves_their_own_and_nobody_elses(client, made):
    made.practitioner.user = make_user(Role.CLINICIAN, centre=made.centre)
    other = make_user(Role.CLINICIAN, centre=made.centre)
    made.colleague.user = other
    db.session.commit()
    client.sign_in(other)
    assert client.get(made.url).status_code == 404
    assert client.post(made.url, data={"version": "1"}).status_code == 404
    client.sign_in(made.practitioner.user)
    address, version = form_on(dropped(client, made, WEDNESDAY, "09:45"))
    answer = client.post(address, data={"version": version})
    assert answer.location == f"/calendar/?day={WEDNESDAY}"  # their own, not the centre's
    assert client.get(answer.location).status_code == 200


def test_the_way_back_is_the_board_from_which_it_was_dragged(client, made):
    back = f"week?centre={made.centre.code}&by=room&day={TUESDAY}"
    shown = dropped(client, made, WEDNESDAY, "09:45", back=back)
    board = f"/calendar/week?centre={made.centre.code}&amp;by=room&amp;day="
    assert f'href="{board}{TUESDAY}"' in shown.text
    address, version = form_on(shown)
    moved = client.post(address, data={"version": version})
    assert moved.location == f"{board}{WEDNESDAY}".replace("&amp;", "&")


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "month?x=1", "x"])
def test_no_other_page_is_a_way_back(client, made, back):
    shown = dropped(client, made, WEDNESDAY, "09:45", back=back)
    address, version = form_on(shown)
    moved = client.post(address, data={"version": version})
    assert moved.location == f"/calendar/?day={WEDNESDAY}&centre={made.centre.code}"


def test_a_long_visit_is_not_in_its_own_way(client, made):
    """Two quarters from nine: moved by one quarter it takes the second again."""
    made.service.minutes = 30
    visit = make_appointment(service=made.service, slot=made.slot(WEDNESDAY))
    made.url = f"/manage/appointments/{visit.id}/move"
    address, version = form_on(dropped(client, made, WEDNESDAY, "09:15", made.practitioner))
    assert client.post(address, data={"version": version}).status_code == 303
    db.session.expire_all()
    moved = db.session.get_one(Appointment, visit.id)
    assert moved.starts_at == at(WEDNESDAY, made.rule.opens) + timedelta(minutes=15)
