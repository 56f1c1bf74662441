"""In a city the times of the nearest few centres are shown, of more on a press, and kept while theirs are the same."""

from datetime import date, time

import pytest

from clinic.booking import nearby
from clinic.db import db
from clinic.scheduling.search import day_schedules
from tests.makes import make_appointment, make_centre, make_service, make_slot
from tests.queries import count_queries
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")
PAGE = "/pediatrics/"
CENTRES = nearby.FEW + 3
DAY = date(2026, 3, 4)


class City:
    """Centres in a row from south to north, each with an hour free, and a parent."""

    def __init__(self, app):
        self.service = make_service()
        hours = {"day": DAY, "closes": time(10)}
        self.worlds = [
            World(service=self.service, centre=make_centre(latitude=30 + n / 100), hours=hours)
            for n in range(CENTRES)
        ]
        self.practitioners = [world.practitioner for world in self.worlds]
        self.parent, self.child = self.worlds[0].parent, self.worlds[0].child
        self.client = app.test_client().sign_in(self.parent)

    def shown(self, page):
        """The places in the row of the centres whose times a page shows, as they stand there."""
        names = [who.centre.name_zh for who in self.practitioners]
        return [names.index(heading.partition(" ")[0]) for heading in page.rows(".slots h3")]

    def book_at(self, number):
        """Another family books."""
        db.session.expire_all()
        slots = self.worlds[number].session.slots
        self.worlds[number].book([slot.taken for slot in slots].index(0))


@pytest.fixture
def city(both):
    return City(both)


def test_the_few_nearest_come_first_and_more_on_a_press(city):
    city.client.post("/location", data={"lat": "30.06", "lng": "120.17"})
    page = city.client.page(PAGE)
    shown = city.shown(page)
    assert shown[0] == 6
    assert len(shown) == nearby.FEW
    assert max(abs(number - 6) for number in shown) == nearby.FEW / 2
    page = page.click("显示更多中心")
    assert sorted(city.shown(page)) == list(range(CENTRES))
    assert "显示更多中心" not in page.text


def test_more_centres_stay_when_something_else_is_chosen(city):
    page = city.client.page(PAGE).click("显示更多中心")
    page = page.form("wish").fill(part="morning").submit("查看时间").follow()
    assert len(city.shown(page)) == CENTRES


def test_without_a_place_those_near_the_last_visit_come_first(city):
    slot = make_slot(city.service, practitioner=city.practitioners[10], day=date(2026, 3, 5))
    make_appointment(city.child, city.service, slot, by=city.parent)
    shown = city.shown(city.client.page(PAGE))
    assert shown == list(range(10, 10 - nearby.FEW, -1))


def test_whoever_is_chosen_is_looked_for_wherever_they_work(city):
    who = city.practitioners[-1]
    page = city.client.page(f"{PAGE}?practitioner={who.id}")
    assert city.shown(page) == [CENTRES - 1]
    page = city.client.page(f"{PAGE}?centre={who.centre_id}")
    assert city.shown(page) == [CENTRES - 1]


def test_more_than_there_are_is_all_and_nonsense_is_few(city):
    for more, number in (
        ("99", CENTRES),
        ("-1", nearby.FEW),
        ("x", nearby.FEW),
        ("9" * 30, nearby.FEW),
    ):
        page = city.client.page(f"{PAGE}?more={more}")
        assert len(city.shown(page)) == number


def test_what_is_booked_elsewhere_leaves_the_page_as_it_is(city):
    """Where one centre is chosen, and where a few are shown."""
    here = city.practitioners[3].centre_id
    for path in (f"{PAGE}?centre={here}", PAGE):
        tag = {"If-None-Match": city.client.get(path).headers["ETag"]}
        city.book_at(CENTRES - 1)
        db.session.commit()
        assert city.client.get(path, headers=tag).status_code == 304
        city.book_at(3)
        db.session.commit()
        assert city.client.get(path, headers=tag).status_code == 200


def test_a_time_that_has_gone_names_times_nearby(city):
    """All of its centre are gone: the alternatives are at the nearest other ones."""
    for _ in range(4):
        city.book_at(0)
    slot = city.worlds[0].slot().id
    data = {"child": city.child.id, "service": city.service.id, "slot": slot}
    answer = city.client.post("/pediatrics/holds", data=data)
    assert answer.status_code == 409
    assert city.practitioners[1].centre.name_zh in answer.text


def test_all_of_a_city_fits_into_memory(city):
    """What was read once is not read again while it holds, for however many centres."""
    path = f"{PAGE}?more=9"
    city.client.get(path)
    read = count_queries(lambda: city.client.get(path))
    city.book_at(0)
    assert count_queries(lambda: city.client.get(path)) == read + 1


def test_more_schedules_than_a_city_has_are_not_kept(city, monkeypatch):
    monkeypatch.setattr(day_schedules, "DAYS", 3)
    assert len(city.shown(city.client.page(f"{PAGE}?more=9"))) == CENTRES
    assert len(day_schedules._schedules) == 3 * CENTRES
