"""A manager announces something, and ends it before its time."""

import pytest

from clinic.centres.announcements import Announcement
from clinic.db import db
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")
TEXT = "台风来了，今天下午停诊。"


@pytest.fixture
def site(both):
    world = World()
    world.client = both.test_client().sign_in(world.manager)
    world.page = f"/setup/centres/{world.centre.code}/announcements"
    return world


def test_it_is_announced_and_ended(both, site):
    form = site.client.page(site.page).form(holding="text_zh")
    page = form.fill(text_zh=TEXT).submit().follow()
    home = both.test_client()
    assert TEXT in home.page("/").words
    page.form(action="/end").submit().follow()
    assert TEXT not in home.page("/").words
    assert TEXT not in site.client.page(site.page).words


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"text_zh": ""}, "text_zh"),
        ({"last_day": "2026-03-01"}, "last_time"),
        ({"first_day": "2026-02-01", "last_day": "2026-02-02"}, "last_time"),
        ({"first_day": ""}, "first_day"),
    ],
)
def test_what_cannot_be_announced_is_refused(site, typed, field):
    form = site.client.page(site.page).form(holding="text_zh")
    page = form.fill({"text_zh": TEXT} | typed).submit()
    assert (page.status, set(page.errors)) == (422, {field})
    assert db.session.query(Announcement).count() == 0
