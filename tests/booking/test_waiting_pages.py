"""Waiting for a time: the wish, the offer and what becomes of it; the pages."""

from datetime import time

import pytest

from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.models import WaitlistEntry
from clinic.scheduling.waitlist import joining, offering
from tests.booking.teams import count
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_child,
    make_guardianship,
    make_service,
    make_slot,
    make_user,
)
from tests.pages import values

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.heavy("families of several children")]


WISH = {"weekdays": list(range(7)), "parts": ["morning", "afternoon"], "last_day": "2026-03-09"}


@pytest.fixture
def full(app):
    """A service whose one place tomorrow is taken, and who has it."""
    service = make_service()
    slot = make_slot(service, closes=time(9, 15))
    return service, slot, make_appointment(service=service, slot=slot)


def test_a_family_waits_gets_an_offer_and_takes_it(client, full):
    service, slot, taken = full
    parent = make_user()
    child = make_child(parent)
    client.sign_in(parent)
    page = client.get("/pediatrics/?day=2026-03-03").text
    assert "这一天已约满" in page
    assert "/pediatrics/waitlist?" in page
    wish = WISH | {"children": [child.id], "service": service.id, "centres": [slot.centre_id]}
    assert client.post("/pediatrics/waitlist", data=wish).status_code == 303
    assert "候补中" in client.get("/appointments/").text

    booking.cancel(taken, by=parent, online=False, now=NOON)
    page = client.get("/appointments/").text
    (offer,) = values(page, 'a[href^="/pediatrics/holds/"]', "href")
    assert "为您保留的号" in page
    assert "您候补的号有了" in client.get("/").text
    booked = client.post(offer, data={"reason": ""})

    assert booked.status_code == 303
    page = client.get("/appointments/").text
    assert "候补中" not in page
    assert "为您保留的号" not in page


def test_an_offer_that_is_over_says_so(client, full):
    service, slot, taken = full
    parent = make_user()
    child = make_child(parent)
    joining.join(
        parent,
        [child],
        service,
        [slot.centre],
        weekdays=range(7),
        parts=["morning"],
        first_day=TOMORROW,
        last_day=TOMORROW,
        now=NOON,
    )
    booking.cancel(taken, by=parent, online=False, now=NOON)
    [lead] = offering.live_offers(db.session.query(WaitlistEntry).one().id)
    lead.expires_at = NOON
    offer = f"/pediatrics/holds/{lead.id}"

    client.sign_in(parent)
    assert "这个候补名额已过期" in client.get(offer).text
    answer = client.post(offer, data={"reason": ""})
    assert answer.status_code == 422
    assert "这个候补名额已过期" in answer.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"children": []}, "请至少选一个孩子"),
        ({"centres": []}, "请至少选一家中心"),
        ({"parts": []}, "请至少选一个时段"),
        ({"weekdays": []}, "请至少选择一个星期几"),
        ({"last_day": ""}, "请输入日期。"),
        ({"last_day": "2026-03-01"}, "所选条件下不会有号"),
        ({"last_day": "2027-03-01"}, "候补最长 90 天"),
    ],
)
def test_a_wish_that_cannot_be_says_why_and_keeps_what_was_typed(client, full, wrong, said):
    service, slot, _ = full
    parent = make_user()
    wish = WISH | {
        "children": [make_child(parent).id],
        "service": service.id,
        "centres": [slot.centre_id],
    }
    answer = client.sign_in(parent).post("/pediatrics/waitlist", data=wish | wrong)
    assert answer.status_code == 422
    assert said in answer.text
    assert count(WaitlistEntry) == 0


def test_a_wish_is_nobody_elses_business(client, full):
    service, slot, _ = full
    parent = make_user()
    children = [make_child(parent) for _ in range(2)]
    entry = joining.join(
        parent,
        children,
        service,
        [slot.centre],
        weekdays=range(7),
        parts=["morning"],
        first_day=TOMORROW,
        last_day=TOMORROW,
        now=NOON,
    )
    other = make_user()
    make_guardianship(other, children[0])  # of one of the two only
    leave = f"/pediatrics/waitlist/{entry.id}/leave"
    for stranger in (other, make_user()):
        client.sign_in(stranger)
        assert client.post(leave).status_code == 404
        assert "候补中" not in client.get("/appointments/").text
    assert client.sign_in(parent).post(leave).status_code == 303
    assert db.session.get_one(WaitlistEntry, entry.id).ended_at == NOON
