"""The page that moves a session: a form that works without scripts, families by name first."""

from datetime import timedelta

import pytest

from clinic.accounts.models import Role
from clinic.db import db
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.kinds import Close
from clinic.scheduling.status import Status, status_of
from tests.makes import NOON, make_centre, make_user
from tests.pages import values
from tests.scheduling.rota.rota_of import NEXT_MONDAY, Rota

pytestmark = pytest.mark.usefixtures("noon")
TUESDAY = NEXT_MONDAY + timedelta(days=1)


@pytest.fixture
def made(app, client):
    rota = Rota()
    client.sign_in(make_user(Role.MANAGER, centre=rota.centre))
    rota.url = f"/manage/sessions/{rota.sessions(TUESDAY)[0].id}/move"
    return rota


def version_on(page):
    (version,) = values(page.text, "[name=version]", "value")
    return version


def test_whom_it_concerns_is_shown_and_then_done(client, made):
    lost = made.book(TUESDAY)
    assert 'name="version"' not in client.get(made.url).text
    asked = f"{made.url}?opens=10:00&closes=12:00"
    shown = client.get(asked)
    assert "王一禾" in shown.text
    assert status_of(lost) is Status.BOOKED
    answer = client.post(asked, data={"version": version_on(shown)})
    assert (answer.status_code, answer.location[:17]) == (303, "/manage/new-times")
    db.session.expire_all()
    assert status_of(lost) is Status.DISPLACED


def test_what_was_not_shown_is_not_done_and_shown_again(client, made):
    asked = f"{made.url}?opens=10:00&closes=12:00"
    seen = version_on(client.get(asked))
    made.book(TUESDAY)
    answer = client.post(asked, data={"version": seen})
    assert answer.status_code == 422
    assert "显示之后有新的预约" in answer.text
    assert client.post(asked, data={"version": version_on(answer)}).status_code == 303


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "the centre or the room is closed in these hours"), ("zh", "中心或诊室")],
)
def test_hours_in_which_the_centre_is_shut_have_a_sentence(client, made, language, sentence):
    from datetime import time

    from clinic.clock import at

    change = Close(made.centre, at(TUESDAY, time(13)), at(TUESDAY, time(18)), "检修", "Repairs")
    version = applying.preview(change, now=NOON).version
    applying.apply(change, version, by=made.manager, now=NOON)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    answer = client.get(f"{made.url}?opens=14:00&closes=16:00")
    assert answer.status_code == 422
    assert sentence in answer.text


def test_a_session_of_another_centre_is_not_found(client, made):
    client.sign_in(make_user(Role.MANAGER, centre=make_centre()))
    assert client.get(made.url).status_code == 404
    assert client.post(made.url, data={"version": "x"}).status_code == 404


def test_the_week_and_the_calendar_lead_to_it(client, made):
    assert made.url in client.get(f"/manage/?week={TUESDAY}").text
    day = client.get(f"/calendar/?centre={made.centre.code}&day={TUESDAY}").text
    assert made.url in day


def test_another_day_is_shown_with_who_loses_a_time_and_then_done(client, made):
    lost = made.book(TUESDAY)
    friday = TUESDAY + timedelta(days=3)
    asked = (
        f"{made.url}?day={friday}&opens=09:00&closes=11:00&back=week%3Fcentre%3D{made.centre.code}"
    )
    shown = client.get(asked)
    assert "王一禾" in shown.text
    assert friday.isoformat() in shown.text
    assert client.post(asked, data={"version": version_on(shown)}).status_code == 303
    db.session.expire_all()
    assert status_of(lost) is Status.DISPLACED
    week = client.get(f"/calendar/week?centre={made.centre.code}&day={friday}").text
    hours = f'section:has([id="d{friday}"]) [data-from="09:00"]'
    assert "11:00" in values(week, hours, "data-to")


@pytest.mark.parametrize(
    ("day", "sentence"),
    [("2026-03-01", "已经过去"), ("1800-01-01", ""), ("x", ""), ("9999-12-31", "")],
)
def test_a_day_that_cannot_be_is_refused_or_no_day(client, made, day, sentence):
    page = client.get(f"{made.url}?day={day}&opens=09:00&closes=11:00")
    assert page.status_code == (422 if sentence else 200)
    assert sentence in page.text
    assert ('name="version"' in page.text) == (not sentence)
