"""What the rota's pages refuse, and where they say so."""

from datetime import time

import pytest

from clinic.accounts.models import Role
from clinic.db import db
from clinic.scheduling.rota.models import RotaDraft, RotaPublication
from tests.makes import make_centre, make_practitioner, make_room, make_user
from tests.manage.rota.pressing import fields, hours
from tests.pages import rows
from tests.scheduling.rota.rota_of import Rota

pytestmark = pytest.mark.usefixtures("noon")
REFUSED = [
    ({"closes": "09:00"}, "The session must end after it begins.", "须晚于"),
    ({"weekdays": []}, "Choose at least one weekday.", "星期"),
    ({"valid_from": "2026-03-02"}, "begins tomorrow at the earliest", "最早从明天开始"),
    ({"valid_until": "2026-03-03"}, "must not be before the first", "不能早于"),
    ({"slot_minutes": "200"}, "No whole slot fits", "放不下"),
    ({"online_percent": "101"}, "Between 0 and 100", "请填 0 到 100"),
    ({"every_weeks": "9"}, "Please choose from the list", "请从列出的选项中选择"),
]


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


@pytest.mark.parametrize(("wrong", "sentence", "_"), REFUSED)
@pytest.mark.usefixtures("english")
def test_what_is_wrong_is_said_beside_the_field(client, made, wrong, sentence, _):
    url = f"/manage/rota/rule?rule={made.rule.id}"
    answer = client.post(url, data=hours(made, **wrong))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert db.session.query(RotaDraft).count() == 0


@pytest.mark.parametrize(("wrong", "_", "chinese"), REFUSED)
def test_what_is_wrong_is_said_in_chinese(client, made, wrong, _, chinese):
    url = f"/manage/rota/rule?rule={made.rule.id}"
    answer = client.post(url, data=hours(made, **wrong))
    assert answer.status_code == 422
    assert chinese in rows(answer.text, "main")[0]


@pytest.mark.usefixtures("english")
def test_a_last_day_that_has_passed_is_refused(client, made):
    url = f"/manage/rota/end?rule={made.rule.id}"
    answer = client.post(url, data={"last_day": "2026-03-01"})
    assert answer.status_code == 422
    assert "begins tomorrow at the earliest" in answer.text
    assert client.post(url, data={"last_day": "soon"}).status_code == 422


@pytest.mark.parametrize("seen", [{}, {"version": "rubbish", "number": "7"}])
def test_what_was_not_shown_is_not_published(client, made, seen):
    made.change(opens=time(10))
    assert client.post("/manage/rota/publish", data=seen).status_code == 422
    assert db.session.query(RotaPublication).count() == 0


@pytest.mark.usefixtures("english")
def test_hours_that_clash_are_said_and_cannot_be_published(client, made):
    made.draft(make_practitioner([made.service], centre=made.centre))
    page = client.get("/manage/rota/publish")
    assert "Another rule already uses this clinician or room" in page.text
    assert ">Publish<" not in page.text
    assert client.post("/manage/rota/publish", data=fields(page)).status_code == 422


def test_a_room_or_clinician_of_another_centre_cannot_be_chosen(client, made):
    elsewhere = make_room(make_centre())
    answer = client.post("/manage/rota/rule", data=hours(made, room=elsewhere.id))
    assert answer.status_code == 422
    assert db.session.query(RotaDraft).count() == 0
