"""Who waited is offered a visit, and says what it is for."""

import pytest
from sqlalchemy import select

from clinic.db import db
from clinic.scheduling.models import WaitlistEntry
from clinic.scheduling.waitlist import joining, offering
from tests.makes import NOON, TOMORROW
from tests.vaccination.doses.site import NEXT_WEEK, Site, live, ticked

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def site(app):
    return Site(app)


def offer_to(site, day):
    """The page of the place that is offered to the family, which waited for that day."""
    joining.join(
        site.parent,
        [site.child],
        site.service,
        [site.centre],
        weekdays=range(7),
        parts=["morning"],
        first_day=day,
        last_day=day,
        now=NOON,
    )
    entry = db.session.scalars(select(WaitlistEntry)).one()
    offering.look_for([entry.id], now=NOON)
    db.session.commit()
    [offer] = offering.live_offers(entry.id)
    return site.client.page(f"/vaccination/holds/{offer.id}")


@pytest.mark.parametrize(("day", "reserved"), [(NEXT_WEEK, ["MMR", "JE"]), (TOMORROW, [])])
def test_who_waited_comes_for_what_is_legal_that_day_or_else_with_a_question(site, day, reserved):
    """Tomorrow nothing may be given yet: the place that they waited for is theirs all the same."""
    page = offer_to(site, day)
    assert ticked(page) == reserved
    assert page.form(holding="reason").submit().status == 303
    assert [series for series, _, _ in live()] == sorted(reserved)


@pytest.mark.parametrize("wanted", [["MMR"], []])
def test_who_waited_chooses_what_the_offered_visit_is_for(site, wanted):
    form = offer_to(site, NEXT_WEEK).form(holding="reason")
    boxes = [control for control in form.controls if control.kind == "checkbox"]
    for box in boxes:
        box.chosen = box.value.partition(".")[2] in wanted
    assert form.submit().status == 303
    assert [series for series, _, _ in live()] == wanted


def test_what_an_offered_visit_cannot_be_for_is_said_and_nothing_is_booked(site):
    form = offer_to(site, NEXT_WEEK).form(holding="reason").fill(reason="发过热")
    page = form.fill({"need": f"{site.child.id}.HEPA"}, tampered=True).submit()
    assert page.status == 422
    assert "甲肝" in page.words
    assert page.form(holding="reason").fields["reason"] == "发过热"
    assert live() == []
