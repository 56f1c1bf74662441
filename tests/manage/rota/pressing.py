"""The forms of the rota's pages, filled in."""

import pytest

from clinic.accounts.models import Role
from tests.makes import make_user
from tests.pages import values
from tests.scheduling.rota.rota_of import NEXT_MONDAY, Rota


@pytest.fixture
def made(app, client):
    rota = Rota()
    rota.boss = make_user(Role.MANAGER, centre=rota.centre, name="陈主任")
    client.sign_in(rota.boss)
    return rota


def hours(made, **kw):
    return {
        "practitioner": made.practitioner.id,
        "room": made.room.id,
        "services": [made.service.id],
        "weekdays": ["0", "1", "2"],
        "opens": "10:00",
        "closes": "12:00",
        "slot_minutes": "15",
        "capacity": "1",
        "online_percent": "100",
        "every_weeks": "1",
        "valid_from": NEXT_MONDAY.isoformat(),
    } | kw


def fields(page):
    names = ("version", "number")
    return {name: values(page.text, f"[name={name}]", "value")[-1] for name in names}


def publish(client):
    return client.post("/manage/rota/publish", data=fields(client.get("/manage/rota/publish")))
