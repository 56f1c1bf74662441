"""Many people at once, over HTTP, against the real server, on both engines.

Each race has a twin with the protection off that must fail, or the race would prove nothing.
"""

import http.client
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import pytest
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import func, select, text

from clinic import clock
from clinic.app import create_app
from clinic.db import db
from clinic.scheduling.models import Appointment, Booking
from clinic.scheduling.verify import broken_promises
from tests.conftest import SETTINGS
from tests.makes import make_child, make_guardianship, make_service, make_slot, make_user
from tests.promises import drop_promises
from tests.serving import SECRET, serving

ENGINES = ["sqlite", "postgresql"]
RAW_TOKEN = "0123456789abcdef" * 2


class Parent:
    """A signed-in browser without the browser."""

    def __init__(self, app, user):
        session = {"_user_id": user.get_id(), "_fresh": True, "csrf_token": RAW_TOKEN}
        signed = app.session_interface.get_signing_serializer(app).dumps(session)
        self.cookie = f"session={signed}"
        self.token = URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token").dumps(RAW_TOKEN)

    def post(self, site, path, **fields):
        """(status, where to, text)"""
        connection = http.client.HTTPConnection(urlsplit(site).netloc, timeout=60)
        body = urlencode(fields | {"csrf_token": self.token})
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        read = answer.read().decode()
        connection.close()
        return answer.status, answer.headers.get("Location"), read


@pytest.fixture(params=ENGINES)
def race(request, fresh):
    yield from _race(fresh(request.param))


@pytest.fixture
def postgres_race(fresh):
    yield from _race(fresh("postgresql"))


def _race(url):
    """An application on the database that the server will use too."""
    app = create_app(SETTINGS | {"DATABASE_URL": url, "SECRET_KEY": SECRET})
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def at_once(work, people):
    """Do the work for everybody at the same moment; their answers in order."""
    line = threading.Barrier(len(people))

    def start(person):
        line.wait()
        return work(person)

    with ThreadPoolExecutor(len(people)) as crowd:
        return list(crowd.map(start, people))


def a_slot(service, **kw):
    day = clock.clinic_day(clock.now()) + timedelta(days=2)
    return make_slot(service, day=day, **kw)


def families(app, number):
    """So many parents with a child each."""
    made = []
    for _ in range(number):
        user = make_user()
        child = make_child(user)
        made.append((Parent(app, user), child.id))
    return made


def wish(child_id, service, slot):
    fields = {"child": child_id, "service": service.id, "slot": slot.id}
    db.session.commit()  # on SQLite an open transaction of ours would keep the server waiting
    return fields


def rush(app, site, service, slot, number):
    """Everybody wants that slot, and confirms if they get to keep it. How many got what."""
    wanted = {"service": service.id, "slot": slot.id}
    db.session.commit()

    def one(family):
        parent, child_id = family
        status, where, page = parent.post(site, "/pediatrics/holds", child=child_id, **wanted)
        if status != 303:
            return status, page
        status, where, page = parent.post(site, where, reason="")
        return status, where or page

    answers = at_once(one, families_of(app, number))
    db.session.rollback()
    return answers


def families_of(app, number):
    made = families(app, number)
    db.session.commit()
    return made


def appointments():
    db.session.rollback()
    return db.session.scalar(select(func.count(Appointment.id)))


@pytest.mark.parametrize("capacity", [1, 5])
def test_fifty_parents_for_the_last_places(race, capacity):
    service = make_service()
    slot = a_slot(service, capacity=capacity)
    with serving(race.config["DATABASE_URL"]) as site:
        answers = rush(race, site, service, slot, 50)

    booked = [answer for answer in answers if answer[0] == 303]
    told = [answer for answer in answers if answer[0] == 409]
    assert (len(booked), len(told)) == (capacity, 50 - capacity)
    assert all('name="slot"' in page for _, page in told)
    assert appointments() == capacity
    assert broken_promises() == []


@pytest.mark.parametrize("capacity", [1, 5])
def test_its_twin_without_the_databases_promises_overbooks(race, capacity):
    service = make_service()
    slot = a_slot(service, capacity=capacity)
    db.session.commit()
    drop_promises()
    with serving(race.config["DATABASE_URL"]) as site:
        rush(race, site, service, slot, 12)

    assert appointments() > capacity


def confirm_ten_times(app, site):
    service = make_service()
    slot = a_slot(service, capacity=20)
    [(parent, child_id)] = families_of(app, 1)
    status, where, _ = parent.post(site, "/pediatrics/holds", **wish(child_id, service, slot))
    assert status == 303
    return at_once(lambda _: parent.post(site, where, reason="")[:2], list(range(10)))


def test_ten_clicks_are_one_booking(race):
    with serving(race.config["DATABASE_URL"]) as site:
        answers = confirm_ten_times(race, site)

    assert {status for status, _ in answers} == {303}
    assert len({where for _, where in answers}) == 1
    assert appointments() == 1
    assert broken_promises() == []


def test_its_twin_without_once_only_is_ten_bookings(race):
    drop_promises()
    twin = {"app": "tests.races.unprotected:app", "AGAIN": "1", "BLIND": "1"}
    with serving(race.config["DATABASE_URL"], **twin) as site:
        confirm_ten_times(race, site)

    assert appointments() == 10


def test_its_twin_without_locks_and_keys_is_ten_bookings(postgres_race):
    url = postgres_race.config["DATABASE_URL"]
    drop_promises()
    db.session.execute(text("ALTER TABLE bookings DROP CONSTRAINT uq_bookings_idempotency_key"))
    db.session.commit()
    twin = {"app": "tests.races.unprotected:app", "workers": 1, "threads": 12, "MEET": "10"}
    with serving(url, **twin) as site:
        confirm_ten_times(postgres_race, site)

    assert db.session.scalar(select(func.count(Booking.id))) > 1


def mother_and_father(app, site):
    """Both book their one child at the same time, with two clinicians."""
    service = make_service()
    slots = [a_slot(service), a_slot(service)]
    mother, father = make_user(), make_user()
    child = make_child(mother)
    make_guardianship(father, child)
    parents = [Parent(app, mother), Parent(app, father)]
    wishes = [wish(child.id, service, slot) for slot in slots]
    kept = [
        parent.post(site, "/pediatrics/holds", **fields)[1]
        for parent, fields in zip(parents, wishes, strict=True)
    ]
    pairs = list(zip(parents, kept, strict=True))
    return at_once(lambda pair: pair[0].post(site, pair[1], reason="")[0], pairs)


def test_mother_and_father_book_one_child_once(race):
    with serving(race.config["DATABASE_URL"]) as site:
        answers = mother_and_father(race, site)

    assert sorted(answers) == [303, 422]
    assert appointments() == 1
    assert broken_promises() == []


def test_its_twin_without_locks_puts_the_child_in_two_rooms(postgres_race):
    url = postgres_race.config["DATABASE_URL"]
    drop_promises()
    twin = {"app": "tests.races.unprotected:app", "workers": 1, "threads": 4, "MEET": "2"}
    with serving(url, **twin) as site:
        mother_and_father(postgres_race, site)

    assert appointments() == 2


def test_its_twin_that_looks_at_nothing_puts_the_child_in_two_rooms(race):
    drop_promises()
    twin = {"app": "tests.races.unprotected:app", "BLIND": "1"}
    with serving(race.config["DATABASE_URL"], **twin) as site:
        mother_and_father(race, site)

    assert appointments() == 2


def book_and_cancel(app, site, times):
    """Two families in turn take the one place and give it back. How often it worked."""
    service = make_service()
    slot = a_slot(service)
    families = families_of(app, 2)
    wishes = [wish(child_id, service, slot) for _, child_id in families]
    for n in range(times):
        parent, fields = families[n % 2][0], wishes[n % 2]
        status, where, _ = parent.post(site, "/pediatrics/holds", **fields)
        if status != 303:
            return n
        status, appointment, _ = parent.post(site, where, reason="")
        if status != 303:
            return n
        assert parent.post(site, f"{appointment}/cancellation", reason="")[0] == 303
    return times


def test_a_place_that_is_not_given_back_is_noticed(race):
    twin = {"app": "tests.races.unprotected:app", "KEEP": "1"}
    with serving(race.config["DATABASE_URL"], **twin) as site:
        assert book_and_cancel(race, site, 20) == 1


def test_cancelling_and_booking_again_twenty_times(race):
    with serving(race.config["DATABASE_URL"]) as site:
        assert book_and_cancel(race, site, 20) == 20

    db.session.rollback()
    live = select(func.count(Appointment.id)).where(Appointment.cancelled_at.is_(None))
    assert db.session.scalar(live) == 0
    assert appointments() == 20
    assert broken_promises() == []
