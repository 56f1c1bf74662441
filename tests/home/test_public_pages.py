"""What everybody may read, and a parent's first page."""

from datetime import time

import pytest

from clinic.centres.models import OpeningHours
from clinic.db import db
from tests.makes import make_appointment, make_child, make_practitioner, make_service, make_user
from tests.queries import count_queries


@pytest.mark.parametrize("page", ["/", "/privacy", "/privacy/children", "/healthz", "/readyz"])
def test_public_pages_open(client, page):
    assert client.get(page).status_code == 200


def test_the_first_page_names_every_service_of_a_centre(client):
    names = [f"项目{number}" for number in range(8)]
    make_practitioner([make_service(name_zh=name) for name in names])
    page = client.get("/").text
    assert [name for name in names if name not in page] == []


def test_the_first_page_shows_new_hours_and_names_at_once_in_both_languages(client):
    centre = make_practitioner([make_service()]).centre
    hours = OpeningHours(weekday=0, opens=time(8), closes=time(17))
    centre.opening_hours.append(hours)
    db.session.commit()
    readers = [{"Accept-Language": language} for language in ("zh", "en")]
    before = [client.get("/", headers=reader).text for reader in readers]
    assert all("08:00–17:00" in page for page in before)
    hours.closes = time(18)
    centre.name_zh, centre.name_en = "朝晖新中心", "Zhaohui New Centre"
    db.session.commit()
    for reader, name in zip(readers, (centre.name_zh, centre.name_en), strict=True):
        page = client.get("/", headers=reader).text
        assert name in page
        assert "08:00–18:00" in page
        assert "17:00" not in page


def test_a_centre_says_where_and_when(client):
    centre = make_practitioner([make_service()]).centre
    for weekday in range(6):
        hours = OpeningHours(weekday=weekday, opens=time(8), closes=time(17))
        centre.opening_hours.append(hours)
    db.session.commit()
    page = client.get(f"/centres/{centre.code}").text
    assert all(
        text in page for text in (centre.address_zh, "周一", "周六", "08:00–17:00", "陈医生")
    )
    assert client.get("/centres/nowhere").status_code == 404


@pytest.mark.usefixtures("noon")
def test_a_parents_first_page_shows_what_comes(client):
    parent = make_user()
    make_appointment(make_child(parent), by=parent)
    page = client.sign_in(parent).get("/").text
    assert "王芳" in page
    assert "/appointments/" in page


def test_the_first_page_asks_as_often_for_one_centre_as_for_many(client):
    make_practitioner([make_service()])
    few = count_queries(lambda: client.get("/"))
    for _ in range(5):
        make_practitioner([make_service()])
    assert count_queries(lambda: client.get("/")) == few


def test_a_page_that_is_not_there_is_said_in_the_readers_language(client):
    answer = client.get("/nowhere", headers={"Accept-Language": "en"})
    assert answer.status_code == 404
    assert "We could not find that" in answer.text
