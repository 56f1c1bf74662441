"""A check and a vaccination in one visit: what is asked about the other part, what to bring to both."""

from datetime import time

import pytest

from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.models import Channel
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from tests.makes import NOON, make_child, make_service, make_slot, make_user

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def trip(app):
    parent = make_user()
    child = make_child(parent)
    services = [
        make_service(name_zh="健康检查", bring_zh="儿保手册\n医保卡"),
        make_service(name_zh="预防接种", bring_zh="接种证\n医保卡"),
    ]
    slots = [make_slot(one, opens=time(9 + n)) for n, one in enumerate(services)]
    wanted = [
        Request(child, one, slots_for(one, slot.id))
        for one, slot in zip(services, slots, strict=True)
    ]
    made = booking.book(wanted, by=parent, key="trip", channel=Channel.ONLINE, now=NOON).row
    db.session.commit()
    return parent, made.appointments


def test_what_to_bring_is_the_sum_of_both_each_thing_once(client, trip):
    parent, (first, _) = trip
    words = client.sign_in(parent).page(f"/appointments/{first.id}").words
    assert [words.count(one) for one in ("儿保手册", "接种证", "医保卡")] == [1, 1, 1]


@pytest.mark.parametrize("both", [True, False])
def test_the_other_part_is_asked_about_and_stays_unless_it_is_ticked(client, trip, both):
    parent, (first, second) = trip
    page = client.sign_in(parent).page(f"/appointments/{first.id}/cancellation")
    assert "预防接种" in page.words
    page.form(holding="other").fill(**({"other": True} if both else {})).submit()
    db.session.expire_all()
    assert first.cancelled_at is not None
    assert (second.cancelled_at is not None) == both
