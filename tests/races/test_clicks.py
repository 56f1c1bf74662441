"""A form whose button is pressed six times at one moment makes one thing, and each press is told the same.

On both engines, by processes of their own; a twin whose forms carry no key must fail.
"""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text

from clinic.accounts.models import Role
from clinic.db import db
from tests.conftest import Client
from tests.races import clicking
from tests.races.doors import Somebody
from tests.serving import SECRET
from tests.whole_site import LATER, NOW, TODAY, make_world

CLICKS = 6
CHILD = {"name": "李小满", "sex": "female", "birth_date": "2025-11-01"}
WALK_IN = CHILD | {
    "name": "李小寒",
    "phone": "13900990099",
    "guardian": "李强",
    "relation": "father",
    "agreed": True,
}
LEAVE = {"first_day": str(LATER + timedelta(30)), "last_day": str(LATER + timedelta(30))}
VIALS = {"manufacturer": "北京生物", "number": "NEW", "expires_on": "2027-01-01", "doses": "7"}
WASTED = "audit_events WHERE action = 'waste'"


def forms_of(world):
    """Role → page, where its form is sent, what is typed into it, and what there is one more of then."""
    child, lot = world.children[1].id, world.names["lot_id"][0]
    weight = {"on": str(TODAY), "weight": "9.1"}
    dose = {"HepB-2": "2025-08-01"}
    spilt = {f"waste-{lot}-doses": "1", f"waste-{lot}-reason": "摔碎"}
    return {
        Role.PARENT: [
            ("/family/children/new", "/new", CHILD, "children WHERE name = '李小满'"),
            ("/family/invitations", "/invitations", {}, "invitations"),
            (f"/checkups/children/{child}/growth", "/measurements", weight, "measurements"),
            (f"/vaccination/children/{child}/booklet", "/booklet", dose, "immunizations"),
            ("/pediatrics/waitlist", "/waitlist", _wish(world), "waitlist_entries"),
        ],
        Role.CLINICIAN: [
            ("/calendar/leave", "/leave", LEAVE, "leave_requests"),
            ("/calendar/feed", "/feed", {}, "calendar_feeds"),
        ],
        Role.MANAGER: [
            ("/manage/sessions/new", "/new", _hours(world), "clinic_sessions"),
            ("/manage/stock", "/stock", {"vaccine": "HepB", **VIALS}, "vaccine_lots"),
            ("/manage/stock", f"/{lot}/waste", spilt, WASTED),
        ],
        Role.RECEPTION: [
            ("/desk/end", "/end", {"text": "冰箱报修"}, "desk_notes"),
            ("/desk/walk-in", "/walk-in", _walk_in(world), "bookings"),
        ],
    }


def _wish(world):
    service = world.services["pediatrics"].id
    return {"children": [world.children[2].id], "service": service, "last_day": str(LATER)}


def _hours(world):
    day = LATER + timedelta(20)
    services = [world.services["rehab"].id]
    times = {"opens": "09:00", "closes": "10:00", "first_day": str(day)}
    return {**times, "services": services, "weekdays": [day.weekday()]}


def _walk_in(world):
    slot = world.sessions[TODAY].slots[13]
    return {**WALK_IN, "service": world.services["pediatrics"].id, "slot": slot.id}


@pytest.fixture
def pressed(race):
    """The forms as a browser would send them, each with its session; and what is counted, for each."""
    race.test_client_class = Client
    forms, counted = [], []
    with time_machine.travel(NOW, tick=False):
        world = make_world()
        for role, asked in forms_of(world).items():
            client = race.test_client().sign_in(world.people[role])
            with client.session_transaction() as held:
                session = dict(held)
            forms += [(session, *_filled(client, *each[:3])) for each in asked]
            counted += [each[3] for each in asked]
    return forms, counted


def _filled(client, address, action, typed):
    page = client.page(address)
    form = page.form(action=action).fill(typed)
    return page.resolve(form.action), [*form.fields.items(multi=True)]


def count(tables):
    found = [db.session.scalar(text(f"SELECT count(*) FROM {table}")) for table in tables]
    db.session.rollback()
    return found


def press_all(race, forms, counted, *, clicks=CLICKS, without=()):
    """Each form so often at one moment; how many more there are of each thing, and the answers to each."""
    before = count(counted)
    people = [Somebody(race, clicking.act, SECRET, forms, without) for _ in range(clicks)]
    for _ in forms:
        for person in people:
            person.hear("ready")
        for person in people:
            person.go()
    answers = zip(*(person.answer() for person in people), strict=True)
    made = [after - earlier for earlier, after in zip(before, count(counted), strict=True)]
    return made, list(answers)


def test_six_clicks_make_one_thing_and_are_told_the_same(race, pressed):
    made, answers = press_all(race, *pressed)
    assert made == [1] * len(made)
    for of_form in answers:
        assert of_form == (of_form[0],) * CLICKS
        status, _location, said, link = of_form[0]
        assert status == 303 or (status == 200 and link)
        assert said or link


def test_its_twin_without_keys_makes_many(race, pressed):
    some = [
        (form, what) for form, what in zip(*pressed, strict=True) if what in (WASTED, "desk_notes")
    ]
    made, _answers = press_all(race, *zip(*some, strict=True), clicks=2, without=["form_key"])
    assert made == [2, 2]
