"""kill -9 in the middle of a storm of bookings: nothing lost, nothing double, an honest answer."""

import threading

import pytest
from flask_migrate import upgrade

from clinic.db import db
from clinic.demo_mark import mark_as_demo
from clinic.scheduling.verify import broken_promises
from tests.engines import SAFE, throwaway_server
from tests.makes import NOON
from tests.races.conftest import application
from tests.races.families import at_once, statuses
from tests.races.storm import Storm
from tests.serving import serving

SORRY = {"zh": "预约系统暂时无法连接", "en": "The booking system cannot be reached for a moment"}


def test_workers_killed_three_times_in_a_storm(race):
    storm = Storm(race, 30)
    with serving(race.config["DATABASE_URL"]) as site:
        answers = storm.rage(site, 16, at_booking=dict.fromkeys((2, 7, 13), site.kill_workers))

    assert storm.troubles  # somebody was cut off
    storm.check(answers)


def test_its_twin_that_books_in_pieces_forgets_what_it_did(race):
    storm = Storm(race, 12, slots=2)
    twin = {"app": "tests.races.unprotected:app", "LOCKED": "1", "TORN": "2"}
    with serving(race.config["DATABASE_URL"], **twin) as site:
        storm.rage(site, 8)

    assert storm.troubles
    assert any("is not in the audit" in broken_promise for broken_promise in broken_promises())


@pytest.fixture
def own_postgres():
    """A server of our own that writes as in production, with an application on it."""
    with throwaway_server(SAFE) as server:
        for app in application(server.url):
            upgrade()
            mark_as_demo(NOON)
            db.session.commit()
            db.session.remove()
            yield server, app


class Outage:
    """PostgreSQL is killed at a booking of the storm, parents are told, and it comes back."""

    def __init__(self, server, storm):
        self.server, self.storm, self.is_down = server, storm, threading.Event()

    def begin(self):
        self.storm.calm.clear()
        self.server.kill()
        self.is_down.set()

    def told(self, site):
        """What parents are told while it is down, by page and language."""
        self.is_down.wait()
        parent = self.storm.crowd[0][0].parent
        try:
            return [
                parent.ask(method, site, path, **{"Accept-Language": language})
                for language in SORRY
                for method, path in (("GET", "/pediatrics/"), ("GET", "/appointments/"))
            ]
        finally:
            self.server.start()
            self.storm.calm.set()


def test_postgresql_killed_in_a_storm(own_postgres):
    server, app = own_postgres
    storm = Storm(app, 30)
    outage = Outage(server, storm)

    with serving(server.url) as site:
        told = []
        watcher = threading.Thread(target=lambda: told.extend(outage.told(site)), daemon=True)
        watcher.start()
        answers = storm.rage(site, 16, at_booking={6: outage.begin})
        watcher.join(60)
        # Once more, while nobody asks: the old connections are of no use, and nobody notices.
        server.kill()
        server.start()
        looks = at_once(
            lambda pair: pair[0].parent.ask("GET", site, "/appointments/")[0], storm.crowd
        )

    assert [answer.status for answer, _ in told] == [503] * 4
    for (answer, headers), language in zip(told, ("zh", "zh", "en", "en"), strict=True):
        assert SORRY[language] in answer.page
        assert headers["Retry-After"] == "10"
    assert statuses(looks) == {200: 30}
    assert {page.status for page in storm.pages} <= {503}
    assert storm.troubles
    db.engine.dispose()
    storm.check(answers)
