"""How often the page of free times, and taking a place, ask the database."""

from datetime import date

import pytest

from clinic.app import ROOMS
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling.models import Appointment
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import Source
from clinic.vaccination.record.rules import Entry
from tests.booking.looking import PAGE, Site
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_child,
    make_service,
    make_slot,
    make_stock,
    make_user,
)
from tests.queries import count_queries
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def site(app):
    return Site(app)


def test_a_page_asks_three_times_the_user_the_family_and_the_times(site):
    site.look()
    site.both_places_are_taken()
    db.session.commit()
    assert count_queries(site.look) == 1 + 1 + 2  # with BEGIN
    assert count_queries(lambda: site.client.get(PAGE)) == 1 + 1 + 1  # from memory
    assert count_queries(site.look) == 1 + 1 + 1  # unchanged


def more_of_everything(site):
    for n in range(2):
        make_child(site.parent, name=f"王{n}禾")
        day = date(2026, 3, 10 + n)
        elsewhere = make_service()
        make_appointment(site.child, elsewhere, make_slot(elsewhere, day=day), by=site.parent)
        more = World(service=site.service)
        for day in range(3, 9):
            more.open(date(2026, 3, day))


@pytest.mark.parametrize(
    "query", ["", "part=morning", "day=2026-03-04", "practitioner={who}", "move={moving}"]
)
def test_three_of_everything_ask_no_more_than_one(site, query):
    moving = site.book(7, child=site.child, by=site.parent)
    path = f"{PAGE}?{query.format(who=site.practitioner.id, moving=moving.id)}"

    def changed_look():
        """After a change, so that nothing comes from memory, but for what all pages share."""
        site.client.get(PAGE)
        free = [slot.taken for slot in site.session.slots].index(0)
        site.book(free), site.book(free)
        return count_queries(lambda: site.client.get(path))

    few = changed_look()
    more_of_everything(site)
    assert changed_look() == few


def test_siblings_ask_no_more_than_two_children(site):
    others = [make_child(site.parent, name=f"王{n}禾").id for n in range(3)]

    def look(number):
        return site.client.get(PAGE, query_string={"child": site.child.id, "with": others[:number]})

    look(1)
    counts = [count_queries(lambda n=n: look(n)) for n in (1, 2, 3)]
    assert counts[0] == counts[1] == counts[2]


def had_one(child, parent):
    """A booklet, so that doses are reserved for its visits."""
    entries = [Entry("HepB", child.birth_date)]
    recording.record(child, entries, source=Source.BOOKLET, by=parent, now=NOON)


# With BEGIN twice, COMMIT of what only read, the user and the consents: (keep, confirm). A vaccination reserves doses.
STATEMENTS = {"vaccination": (37, 21)}


@pytest.mark.parametrize("kind", [room.kind for room in ROOMS])
def test_taking_a_place_sends_as_many_statements_in_a_full_house(site, kind):
    world = World(kind)
    make_stock(world.centre)

    def taking(day):
        slot = world.open(day, capacity=3).slots[0]
        parent = make_user()
        child = make_child(parent)
        had_one(child, parent)
        data = {"child": child.id, "service": world.service.id, "slot": slot.id}
        client = site.client.sign_in(parent)
        client.get(f"/{kind}/")  # what all pages share is in memory
        answers = []
        kept = count_queries(lambda: answers.append(client.post(f"/{kind}/holds", data=data)))
        confirmed = count_queries(lambda: client.post(answers[0].location, data={"reason": ""}))
        assert db.session.query(Appointment).filter_by(child_id=data["child"]).count() == 1
        return kept, confirmed

    few = taking(TOMORROW)
    assert few == STATEMENTS.get(kind, (12, 13))
    for n in range(3):
        world.book(session=world.open(date(2026, 3, 4 + n)))
    assert taking(date(2026, 3, 12)) == few


def test_who_comes_too_late_is_refused_by_reading_and_one_count(site):
    parent = make_user()
    data = {"child": make_child(parent).id, "service": site.service.id}
    site.both_places_are_taken()
    data["slot"] = site.slot().id
    client = site.client.sign_in(parent)
    client.get(PAGE)
    answers = []
    asked = count_queries(lambda: answers.append(client.post("/pediatrics/holds", data=data)))
    assert [answer.status_code for answer in answers] == [409]
    # With BEGIN three times, COMMIT of what only read, and the days around it, near and far.
    assert asked == 14


def test_a_vaccination_asks_one_more_for_the_records_and_the_version_of_the_stock(app):
    world = World("vaccination", hours={})
    make_stock(world.centre)
    child = world.child
    client = app.test_client().sign_in(world.parent)
    first = client.get("/vaccination/")
    condition = {"If-None-Match": first.headers["ETag"]}
    assert count_queries(lambda: client.get("/vaccination/", headers=condition)) == 1 + 1 + 2
    assert count_queries(lambda: client.get("/vaccination/")) == 1 + 1 + 2  # from memory
    db.session.get_one(Child, child.id).birth_weight_g = 1400
    db.session.commit()
    assert client.get("/vaccination/", headers=condition).status_code == 200
