"""A check on its day: the visit, and its doctor's browser."""

import pytest
import time_machine

from tests.checkups.at_the_check import ON_THE_DAY, Day


@pytest.fixture
def on_the_day(client):
    """It is ten past nine, and the pages are English."""
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    with time_machine.travel(ON_THE_DAY, tick=False):
        yield


@pytest.fixture
def day(app):
    return Day()


@pytest.fixture
def doctor(client, day):
    return client.sign_in(day.doctor)
