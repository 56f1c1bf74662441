"""The checklist leads from an empty centre to one that families can book."""

from datetime import time

import pytest

from clinic.accounts.models import Membership, Role
from clinic.centres.models import OpeningHours
from clinic.db import db
from tests.makes import make_centre, make_stock, make_user, save
from tests.queries import count_queries
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")


def site_of(app, world):
    """The world before it opens, with its manager signed in."""
    world.centre.opened_at = None
    save(OpeningHours(centre_id=world.centre.id, weekday=0, opens=time(8), closes=time(17)))
    world.client = app.test_client().sign_in(world.manager)
    world.page = f"/setup/centres/{world.centre.code}"
    return world


def opening(page):
    return page.form(action="/opening")


def test_an_empty_centre_cannot_be_opened(both):
    centre = make_centre(opened_at=None)
    client = both.test_client().sign_in(make_user(Role.MANAGER, centre=centre))
    page = client.page(f"/setup/centres/{centre.code}")
    assert "disabled" in opening(page).node.css_first("button").attributes
    refused = client.page(f"/setup/centres/{centre.code}")
    answer = client.post(f"/setup/centres/{centre.code}/opening", tampered=True)
    assert answer.status_code == 422
    db.session.refresh(centre)
    assert centre.opened_at is None
    assert "还没有" in refused.words


def test_one_that_has_everything_is_opened(both):
    site = site_of(both, World(hours={}))
    assert site.centre.name_zh not in both.test_client().page("/").words
    page = opening(site.client.page(site.page)).submit().follow()
    assert "中心已开放" in page.words
    assert site.centre.name_zh in both.test_client().page("/").words
    assert not [form for form in page.forms if form.action.endswith("/opening")]


@pytest.mark.parametrize("without", ["hours", "rota", "people"])
def test_what_is_missing_is_counted(both, without):
    site = site_of(both, World(hours=None if without == "rota" else {}))
    if without == "hours":
        db.session.query(OpeningHours).delete()
    if without == "people":
        db.session.query(Membership).filter_by(role=Role.MANAGER).delete()
        site.client.sign_in(make_user(Role.ADMIN))
    assert "还差 1 项" in opening(site.client.page(site.page)).node.text()


def test_a_kind_says_what_it_needs(both):
    """A centre that vaccinates needs a lot of some vaccine."""
    site = site_of(both, World("vaccination", hours={}))
    assert "还差 1 项" in opening(site.client.page(site.page)).node.text()
    make_stock(site.centre)
    opening(site.client.page(site.page)).submit().follow()
    assert site.centre.opened_at


def test_it_asks_as_often_for_a_large_centre(app):
    small, large = site_of(app, World(hours={})), site_of(app, World(hours={}))
    for number in range(8):
        large.open(practitioner=None, day=large.session.starts_at.date().replace(day=10 + number))
    asked = [count_queries(lambda: site.client.page(site.page)) for site in (small, large)]  # noqa: B023
    assert asked[0] == asked[1]
    assert asked[0] < 20
