"""Opening hours are typed a day in a line; those that make no sense, or leave visits outside, say so."""

from datetime import time

import pytest

from clinic.centres import week
from clinic.db import db
from clinic.errors import DomainError
from tests.makes import TOMORROW
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")
MORNING = (time(8), time(11, 30))
AFTERNOON = (time(13, 30), time(17))


@pytest.mark.parametrize(
    ("typed", "spells"),
    [
        ("", ()),
        ("08:00-11:30, 13:30-17:00", (MORNING, AFTERNOON)),
        ("13:30 – 17:00，8:00～11:30", (MORNING, AFTERNOON)),
        ("８：００至１１：３０", (MORNING,)),
        ("08:00-11:30 13:30-17:00", (MORNING, AFTERNOON)),
    ],
)
def test_hours_are_read_as_people_type_them(typed, spells):
    assert week.spells(typed) == spells


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("8 to 5", week.NotHours),
        ("08:00", week.NotHours),
        ("25:00-26:00", week.NotHours),
        ("17:00-08:00", week.EndsBeforeItBegins),
        ("08:00-08:00", week.EndsBeforeItBegins),
        ("08:00-12:00, 11:00-17:00", week.Overlapping),
    ],
)
def test_hours_that_make_no_sense_are_refused(typed, refusal):
    with pytest.raises(DomainError) as caught:
        week.spells(typed)
    assert type(caught.value) is refusal


@pytest.fixture
def site(both):
    """A centre with a session tomorrow morning in which one place is taken."""
    world = World(hours={})
    world.book()
    world.client = both.test_client().sign_in(world.manager)
    world.page = f"/setup/centres/{world.centre.code}/hours"
    return world


def hours_of(world):
    db.session.expire_all()
    return week.week_of(world.centre.opening_hours)


def test_hours_are_saved_and_a_refusal_keeps_what_was_typed(site):
    form = site.client.page(site.page).form(holding="day-0")
    refused = form.fill({"day-0": "08:00-11:30", "day-1": "17:00-08:00"}).submit()
    assert (refused.status, set(refused.errors)) == (422, {"day-1"})
    assert hours_of(site) == {}
    form = refused.form(holding="day-0")
    assert form.fields["day-0"] == "08:00-11:30"
    form.fill({"day-1": "08:00-11:30, 13:30-17:00"}).submit().follow()
    assert hours_of(site) == {0: [MORNING], 1: [MORNING, AFTERNOON]}


def test_a_week_without_any_hours_is_refused(site):
    refused = site.client.page(site.page).form(holding="day-0").submit()
    assert (refused.status, set(refused.errors)) == (422, {"day-0"})


def test_sessions_outside_the_new_hours_are_told_before_anything_changes(site):
    names = [f"day-{n}" for n in range(7)]
    whole = dict.fromkeys(names, "07:00-20:00")
    site.client.page(site.page).form(holding="day-0").fill(whole).submit().follow()
    closed = f"day-{TOMORROW.weekday()}"
    told = site.client.page(site.page).form(holding="day-0").fill({closed: ""}).submit()
    assert told.status == 422
    assert "1 个名额已被预约" in told.words
    assert TOMORROW.weekday() in hours_of(site)
    told.form(holding="day-0").fill(keep=True).submit().follow()
    assert TOMORROW.weekday() not in hours_of(site)


def test_unchanged_hours_change_nothing(site):
    form = site.client.page(site.page).form(holding="day-0")
    form.fill({f"day-{TOMORROW.weekday()}": "07:00-20:00"}).submit()
    assert site.centre.opening_hours
    before = [row.id for row in site.centre.opening_hours]
    site.client.page(site.page).form(holding="day-0").submit().follow()
    db.session.expire_all()
    assert [row.id for row in site.centre.opening_hours] == before
