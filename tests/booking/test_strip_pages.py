"""The days of a page of times reach as far as anything is released; a day that is asked for is shown."""

from datetime import date, time, timedelta

import pytest
import time_machine

from clinic.app import ROOMS
from clinic.centres.models import Centre
from clinic.clock import at
from clinic.db import db
from clinic.scheduling.policies.stored import set_policy
from tests.makes import NOON, make_stock
from tests.pages import words_of
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")
TODAY = date(2026, 3, 2)
SECOND = timedelta(seconds=1)


class Site(World):
    """A service whose days are released so many days ahead at 18:00, open today and on four later days."""

    def __init__(self, app, kind, ahead):
        super().__init__(kind)
        self.client = app.test_client()
        policy = {"release_days": ahead}
        set_policy(policy, service=self.service, centre=None, by=None, now=NOON)
        make_stock(self.centre)
        for number in (0, ahead - 1, ahead, ahead + 1):
            self.open(TODAY + timedelta(days=number), closes=time(10))

    def page(self, day=None):
        self.client.sign_in(self.parent)
        kind = self.service.kind
        need = f"&need={self.child.id}." if kind == "vaccination" else ""
        asked = f"&day={day}" if day else ""
        return self.client.page(f"/{kind}/?child={self.child.id}{need}{asked}")


@pytest.mark.parametrize("ahead", [14, 28, 60])
@pytest.mark.parametrize("kind", [room.kind for room in ROOMS])
def test_a_day_is_reached_and_free_at_the_second_of_its_release(app, kind, ahead):
    site, day = Site(app, kind, ahead), TODAY + timedelta(days=ahead)
    release = at(TODAY, time(18))
    for moment, is_free in ((release - SECOND, False), (release, True)):
        with time_machine.travel(moment, tick=False):
            page = site.page(day)
            assert page.values("a[aria-current=date]", "id") == [f"day-{day}"]
            assert bool(page.values("button.slot", "value")) == is_free
            assert ("3月2日周一 18:00" in page.words) == (not is_free)


@pytest.mark.parametrize(
    "moment",
    [at(TODAY + timedelta(days=1), time(0)) - SECOND, at(TODAY + timedelta(days=1), time(0))],
)
@pytest.mark.parametrize("ahead", [14, 28])
def test_around_midnight_the_day_asked_for_is_the_day_shown(both, ahead, moment):
    site = Site(both, "rehab", ahead)
    with time_machine.travel(moment, tick=False):
        for number in (ahead - 1, ahead):
            day = TODAY + timedelta(days=number)
            page = site.page(day)
            assert page.values("a[aria-current=date]", "id") == [f"day-{day}"]
            assert page.values("button.slot", "value")
        late = TODAY + timedelta(days=ahead + 1)
        page = site.page(late)
        assert not page.values("button.slot", "value")
        assert f"{late.month}月{late.day}日" in page.words


def test_a_day_is_read_out_with_the_name_that_its_centre_has_now(app):
    site = Site(app, "pediatrics", 14)
    chosen = f"/pediatrics/?child={site.child.id}&centre={site.centre.id}"
    site.client.sign_in(site.parent)
    for name in ("朝晖中心", "文晖中心"):
        db.session.get_one(Centre, site.centre.id).name_zh = name
        db.session.commit()
        assert f"个空位，{name}" in words_of(site.client.page(chosen).text, "#strip")
