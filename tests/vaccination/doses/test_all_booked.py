"""All that is due is booked: the page says what, what comes next, when that opens, and offers it then."""

from datetime import date, timedelta

import pytest
import time_machine

from clinic.clock import at
from clinic.db import db
from clinic.scheduling.timetable.release import reschedule
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import Source
from clinic.vaccination.record.rules import Entry
from tests.makes import NOON, make_child, make_stock
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")
BORN = date(2025, 2, 20)  # just over a year old
HAD = [
    ("BCG", 0), ("HepB", 0), ("HepB", 31), ("HepB", 186), ("IPV", 62), ("IPV", 93), ("bOPV", 124),
    ("DTaP", 62), ("DTaP", 124), ("DTaP", 186), ("MPSV-A", 186), ("MPSV-A", 280), ("MMR", 245),
]  # fmt: skip


class Site(World):
    """A child of one year that lacks the first dose of Japanese encephalitis, and a centre."""

    def __init__(self, app):
        super().__init__("vaccination", hours={"capacity": 3})
        self.child = make_child(self.parent, birth_date=BORN)
        make_stock(self.centre)
        self.had(HAD)
        self.client = app.test_client().sign_in(self.parent)

    def had(self, doses):
        entries = [Entry(code, BORN + timedelta(days=n)) for code, n in doses]
        recording.record(self.child, entries, source=Source.BOOKLET, by=self.parent, now=NOON)
        db.session.commit()

    def page(self):
        return self.client.page(f"/vaccination/?child={self.child.id}")

    def book_what_is_due(self):
        page = self.page()
        button = page.values("button.slot", "value")[0]
        held = page.form("wish").submit(button).follow()
        held.form(holding="reason").submit().follow()


@pytest.fixture
def site(both):
    return Site(both)


def notes(page):
    return page.rows(".notice")


def test_what_is_booked_and_what_comes_next_are_said(site):
    site.book_what_is_due()
    said = " ".join(notes(site.page()))
    assert "已预约在3月3日" in said
    assert "接下来是" in said
    assert "8月20日周四起" in said


def test_when_its_times_open_is_said_and_then_it_is_offered(site):
    site.had([("JE-L", 366)])
    first = date(2026, 8, 20)  # at eighteen months
    page = site.page()
    said = " ".join(notes(page))
    assert "8月20日周四起" in said
    assert "8月6日周四 18:00" in said
    site.open(first, capacity=3)
    reschedule([site.service.id], now=NOON)
    db.session.commit()
    with time_machine.travel(at(first - timedelta(days=15), NOON.time()), tick=False):
        site.client.sign_in(site.parent)
        before = site.page()
        assert "8月6日周四 18:00" in " ".join(notes(before))
    with time_machine.travel(at(first - timedelta(days=13), NOON.time()), tick=False):
        site.client.sign_in(site.parent)
        page = site.page()
        assert page.values("button.slot", "value")
        assert page.values("input[name=need]:checked", "value")
