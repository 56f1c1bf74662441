"""Who is watched after a vaccination: while a reaction is open no page lets the child go."""

from datetime import timedelta

import pytest
import time_machine

from clinic.db import db
from clinic.visits import arriving
from clinic.visits.models import Ticket
from clinic.visits.rules import State
from tests.makes import make_user
from tests.vaccination.jab.at_the_jab import GOOD, ON_THE_DAY, Day

MINUTE = timedelta(minutes=1)
REPORT = {"symptom": "荨麻疹", "onset": "2026-03-03T09:15", "treatment": "观察"}


def ticket():
    db.session.expire_all()
    return db.session.query(Ticket).one()


@pytest.fixture
def day(client):
    """Checked in, vaccinated, and the reaction reported after five minutes."""
    made = Day()
    made.answer()
    with time_machine.travel(ON_THE_DAY, tick=False):
        arriving.check_in(made.visit, by=make_user(), now=ON_THE_DAY)
        assert client.sign_in(made.vaccinator).post(made.page, data=GOOD).status_code == 303
        assert ticket().state is State.OBSERVING
    with time_machine.travel(ON_THE_DAY + 5 * MINUTE, tick=False):
        client.post(f"{made.page}/reaction", data=REPORT)
    return made


@pytest.fixture
def later(day):
    """An hour later."""
    with time_machine.travel(ON_THE_DAY + 60 * MINUTE, tick=False):
        yield


def step(client, day, verb):
    now = ticket()
    data = {"verb": verb, "seen": now.steps, "station": "observation", "to": "doctor"}
    return client.post(f"/desk/queue/tickets/{now.id}", data=data)


@pytest.mark.usefixtures("later")
def test_the_queue_of_the_observation_does_not_let_the_child_go(client, day):
    page = client.get("/desk/queue?station=observation").text
    assert "可以离开" not in page
    assert "有反应，继续留观" in page
    assert f"{day.page}/reaction" in page  # where its outcome is written down


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("verb", ["finish", "skip", "hand_over"])
def test_no_press_in_the_queue_ends_the_observation(client, day, verb):
    answer = step(client, day, verb)
    assert answer.status_code == 422
    assert "已报告反应" in answer.text
    assert ticket().state is State.OBSERVING


@pytest.mark.usefixtures("later")
def test_the_family_is_asked_to_stay(app, day):
    page = app.test_client().sign_in(day.parent).get(f"/appointments/{day.visit.id}").text
    assert "请继续留观，等护士允许后再离开。" in page


@pytest.mark.usefixtures("later")
def test_once_its_outcome_is_known_the_board_lets_the_child_go(client, day):
    client.post(f"{day.page}/reaction", data=REPORT | {"outcome": "已消退"})
    page = client.get("/desk/queue?station=observation").text
    assert "有反应" not in page
    assert "/vaccination/observation" in page
    assert client.post(f"{day.page}/leaving").status_code == 303
    assert ticket().state is State.DONE
