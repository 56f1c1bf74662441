"""The rota editor's pages: a grid, drafts, the diff with families by name, publishing, undo."""

from datetime import time, timedelta

import pytest

from clinic.accounts.models import Role
from clinic.db import db
from clinic.scheduling.models import Hold, HoldFor, RotaRule
from clinic.scheduling.rota.models import DraftKind, RotaDraft, RotaPublication
from clinic.scheduling.status import Status, status_of
from tests.makes import make_centre, make_practitioner, make_room, make_user
from tests.manage.rota.pressing import fields, hours, publish
from tests.pages import rows
from tests.queries import count_queries
from tests.scheduling.rota.rota_of import NEXT_MONDAY, Rota

pytestmark = pytest.mark.usefixtures("noon")
TUESDAY = NEXT_MONDAY + timedelta(days=1)


@pytest.fixture
def made(app, client):
    rota = Rota()
    rota.boss = make_user(Role.MANAGER, centre=rota.centre, name="陈主任")
    client.sign_in(rota.boss)
    return rota


@pytest.fixture
def english(client):
    """The reader's language, for the whole of a test."""
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"


@pytest.mark.usefixtures("english")
def test_the_grid_shows_the_hours_by_clinician_and_by_room(client, made):
    page = client.get("/manage/rota").text
    assert page.count("09:00–11:00") == 2 * 3  # as a grid and as a list
    assert rows(page, "th[scope=row]") == ["Dr Chen"]
    by_room = client.get("/manage/rota?by=room").text
    assert rows(by_room, "th[scope=row]") == ["Room 1"]


@pytest.mark.usefixtures("english")
def test_a_change_is_drafted_shown_by_name_published_and_undone(client, made):
    lost, kept = made.book(TUESDAY, 0), made.book(TUESDAY, 6)
    answer = client.post(f"/manage/rota/rule?rule={made.rule.id}", data=hours(made))
    assert answer.status_code == 303
    db.session.expire_all()
    assert status_of(lost) is Status.BOOKED
    page = client.get("/manage/rota").text
    assert "1 open draft" in page
    assert "Draft: until Sun 8 Mar" in page

    shown = client.get("/manage/rota/publish")
    assert "1 visit loses its time" in shown.text
    assert "1 visit keeps its time" in shown.text
    assert shown.text.count("王一禾") == 2
    answer = client.post("/manage/rota/publish", data=fields(shown))
    assert (answer.status_code, answer.location[:17]) == (303, "/manage/new-times")
    db.session.expire_all()
    assert [status_of(appointment) for appointment in (lost, kept)] == [
        Status.DISPLACED,
        Status.BOOKED,
    ]
    offered = db.session.query(Hold).filter_by(moves_id=lost.id, purpose=HoldFor.NEW_TIME)
    assert offered.count() == 2

    publication = db.session.query(RotaPublication).one()
    answer = client.post("/manage/rota/undo", data={"publication": publication.id})
    assert answer.status_code == 303
    db.session.expire_all()
    assert {status_of(appointment) for appointment in (lost, kept)} == {Status.BOOKED}
    assert publication.undone_by_id == made.boss.id


def test_hours_are_added_edited_and_discarded(client, made):
    room = make_room(made.centre)
    new = hours(made, room=room.id, weekdays=["3"])
    assert client.post("/manage/rota/rule", data=new).status_code == 303
    draft = db.session.query(RotaDraft).one()
    assert draft.weekly.weekdays == (3,)

    url = f"/manage/rota/rule?draft={draft.id}"
    assert 'value="12:00"' in client.get(url).text
    answer = client.post(url, data=new | {"weekdays": ["3", "4"], "every_weeks": "2"})
    assert answer.status_code == 303
    db.session.expire_all()
    assert (draft.weekly.weekdays, draft.weekly.every_weeks) == ((3, 4), 2)

    assert client.post("/manage/rota/discard", data={"draft": draft.id}).status_code == 303
    assert db.session.query(RotaDraft).count() == 0


def test_a_rule_is_ended(client, made):
    url = f"/manage/rota/end?rule={made.rule.id}"
    last = NEXT_MONDAY - timedelta(days=1)
    assert client.post(url, data={"last_day": last.isoformat()}).status_code == 303
    draft = db.session.query(RotaDraft).one()
    assert (draft.kind, draft.last_day) == (DraftKind.END, last)
    assert publish(client).location.startswith("/manage/rota?")
    assert db.session.query(RotaRule).one().valid_until == last


@pytest.mark.usefixtures("english")
def test_a_booking_in_between_is_shown_before_anything_is_published(client, made):
    made.change(opens=time(10))
    seen = fields(client.get("/manage/rota/publish"))
    made.book(TUESDAY, 0)
    answer = client.post("/manage/rota/publish", data=seen)
    assert answer.status_code == 422
    assert "A booking or another change came in" in answer.text
    assert "王一禾" in answer.text
    assert db.session.query(RotaPublication).count() == 0
    assert client.post("/manage/rota/publish", data=fields(answer)).status_code == 303


def test_a_newer_publication_is_named_and_there_is_a_way_on(client, made):
    made.change(opens=time(10))
    seen = fields(client.get("/manage/rota/publish"))
    made.publish(by=make_user(name="李主任"))
    answer = client.post("/manage/rota/publish", data=seen)
    assert answer.status_code == 422
    assert "李主任期间已发布排班" in answer.text
    assert 'href="/manage/rota?centre=' in answer.text
    assert db.session.query(RotaPublication).count() == 1


@pytest.mark.usefixtures("english")
def test_undo_says_who_uses_the_new_hours(client, made):
    made.change(closes=time(12))
    made.publish()
    made.book(TUESDAY, 9)
    publication = db.session.query(RotaPublication).one()
    answer = client.post("/manage/rota/undo", data={"publication": publication.id})
    assert answer.status_code == 422
    assert "Families use the new hours already" in answer.text
    assert "王一禾" in answer.text


@pytest.mark.usefixtures("english")
def test_a_week_and_a_weekday_are_copied(client, made):
    other, room = make_practitioner([made.service], centre=made.centre), make_room(made.centre)
    week = {
        "what": "week",
        "week-source": made.practitioner.id,
        "week-target": other.id,
        "week-room": room.id,
        "week-first_day": NEXT_MONDAY.isoformat(),
    }
    assert client.post("/manage/rota/copy", data=week).status_code == 303
    to_themselves = week | {"week-target": made.practitioner.id}
    assert client.post("/manage/rota/copy", data=to_themselves).status_code == 422
    day = {
        "what": "day",
        "day-source": made.practitioner.id,
        "day-weekday": "0",
        "day-others": ["3", "4"],
        "day-first_day": NEXT_MONDAY.isoformat(),
    }
    assert client.post("/manage/rota/copy", data=day).status_code == 303
    drafts = db.session.query(RotaDraft).order_by(RotaDraft.id).all()
    assert [(draft.practitioner_id, draft.weekly.weekdays) for draft in drafts] == [
        (other.id, (0, 1, 2)),
        (made.practitioner.id, (3, 4)),
    ]
    answer = client.post("/manage/rota/copy", data=day | {"day-weekday": "6"})
    assert answer.status_code == 422
    assert "There is nothing to copy" in answer.text
    assert client.post("/manage/rota/copy", data={"what": "day"}).status_code == 422


def test_a_team_keeps_its_stations(client, made):
    made.rule.stations = [{"name": "injection", "places": 2, "minutes": 5}]
    made.rule.capacity = 6
    db.session.commit()
    answer = client.post(f"/manage/rota/rule?rule={made.rule.id}", data=hours(made, capacity="9"))
    assert answer.status_code == 303
    draft = db.session.query(RotaDraft).one()
    assert (len(draft.weekly.stations), draft.weekly.capacity) == (1, 6)


def test_managers_of_a_centre_share_its_drafts_and_others_do_not_see_them(client, made):
    draft = made.change(opens=time(10))
    client.sign_in(make_user(Role.MANAGER, centre=made.centre))
    assert "10:00–11:00" in client.get("/manage/rota").text

    client.sign_in(make_user(Role.MANAGER, centre=make_centre()))
    for url in (
        f"/manage/rota/rule?rule={made.rule.id}",
        f"/manage/rota/rule?draft={draft.id}",
        f"/manage/rota?centre={made.centre.code}",
        f"/manage/rota/publish?centre={made.centre.code}",
        f"/manage/rota/copy?centre={made.centre.code}",
    ):
        assert client.get(url).status_code == 404, url
    assert "10:00–11:00" not in client.get("/manage/rota").text
    assert client.post("/manage/rota/discard", data={"draft": draft.id}).status_code == 404
    end = f"/manage/rota/end?rule={made.rule.id}"
    assert client.post(end, data={"last_day": "2026-03-20"}).status_code == 404
    made.publish()
    publication = db.session.query(RotaPublication).one()
    answer = client.post("/manage/rota/undo", data={"publication": publication.id})
    assert answer.status_code == 404
    assert db.session.query(RotaDraft).count() == 1


def people(made, number):
    """So many more clinicians, each with hours, a draft, and a family that is concerned."""
    for _ in range(number):
        who, room = make_practitioner([made.service], centre=made.centre), make_room(made.centre)
        made.add(who, room, weekdays=(1,))
        made.draft(who, room, weekdays=(4,))
    made.open()


@pytest.mark.parametrize("url", ["/manage/rota", "/manage/rota?by=room", "/manage/rota/publish"])
def test_the_pages_ask_as_much_for_three_as_for_one(client, made, url):
    made.change(opens=time(10))
    made.book(TUESDAY, 0)
    people(made, 1)
    client.get(url)
    one = count_queries(lambda: client.get(url))
    people(made, 2)
    made.book(TUESDAY, 1)
    made.book(TUESDAY, 6)
    assert count_queries(lambda: client.get(url)) == one


@pytest.mark.usefixtures("english")
def test_hours_that_are_kept_as_they_are_make_no_draft(client, made):
    page = client.page(f"/manage/rota/rule?rule={made.rule.id}").form(holding="opens").submit()
    assert "there is nothing to draft" in page.follow().words
    assert db.session.query(RotaDraft).count() == 0


def test_hours_of_every_second_week_keep_their_weeks(client, made):
    fortnightly = made.add(weekdays=(3,), every_weeks=2)  # since 5 January: not next week
    page = client.page(f"/manage/rota/rule?rule={fortnightly.id}")
    form = page.form(holding="opens").fill(opens="10:00")
    assert form.fields["valid_from"] == (NEXT_MONDAY + timedelta(days=7)).isoformat()
    assert form.submit().status == 303
