"""Guesses at references and rows of cancellations are slowed, and stand on the trail."""

from datetime import time

import pytest
import time_machine

from clinic.accounts import limits
from clinic.accounts.models import Role
from clinic.audit import AuditEvent
from clinic.db import db
from clinic.scheduling.references import new_reference, spoken
from clinic.scheduling.status import Status, status_of
from tests.desk.conftest import TODAY
from tests.makes import NOON, make_appointment, make_child, make_service, make_slot, make_user

GUESSES = limits.WRONG_REFERENCE.times


@pytest.fixture
def slot(both):
    with time_machine.travel(NOON, tick=False):
        yield make_slot(make_service(), day=TODAY, opens=time(14), closes=time(17), capacity=99)


@pytest.fixture
def desk(both, slot):
    client = both.test_client()
    client.reception = make_user(Role.RECEPTION, centre=slot.centre)
    return client.sign_in(client.reception)


def search(desk, typed):
    return desk.page("/desk/").form(action="/desk/search").fill(q=typed).submit()


def noted(action):
    return db.session.query(AuditEvent).filter_by(action=action).count()


def test_guesses_at_references_are_noted_and_slowed(desk, slot):
    elsewhere = make_appointment()
    mine = make_appointment(service=slot.practitioner.services[0], slot=slot)
    found = search(desk, spoken(elsewhere.booking.reference))
    assert elsewhere.centre.name_zh in found.words  # a family at the wrong door
    for _ in range(GUESSES - 1):
        assert search(desk, new_reference()).status == 200
    assert noted("wrong_reference") == GUESSES
    refused = search(desk, spoken(elsewhere.booking.reference))
    assert refused.status == 422
    assert elsewhere.centre.name_zh not in refused.words
    assert refused.form(action="/desk/search").fields["q"] == spoken(elsewhere.booking.reference)
    assert noted("too often") == 1
    assert mine.child.name in search(desk, spoken(mine.booking.reference)).words


@pytest.mark.parametrize("typed", ["wangyihe", "王一禾", "8000", "13800138000"])
def test_a_name_or_a_phone_is_no_guess(desk, typed):
    search(desk, typed)
    assert noted("wrong_reference") == 0


def test_a_page_that_asks_by_itself_guesses_nothing(desk):
    page = search(desk, new_reference())
    page.trigger("#arrivals", headers={"X-Poll": "1"})
    assert db.session.query(limits.Counter).one().count == 1


def cancel_all(client, address, visits):
    """The status of the answer to each."""
    found = []
    for visit in visits:
        page = client.page(address.format(visit.id))
        found.append(page.form(action="/cancellation").submit().status)
    return found


def test_a_family_that_cancels_twelve_times_in_a_minute_is_slowed(both, slot):
    parent = make_user()
    visits = [
        make_appointment(make_child(parent), slot.practitioner.services[0], slot, by=parent)
        for _ in range(12)
    ]
    client = both.test_client().sign_in(parent)
    with time_machine.travel(NOON, tick=False):
        found = cancel_all(client, "/appointments/{}/cancellation", visits)
    assert found[: limits.CANCELLING.times] == [303] * limits.CANCELLING.times
    assert set(found[limits.CANCELLING.times :]) <= {422, 429}
    db.session.expire_all()
    assert [status_of(visit) for visit in visits].count(Status.BOOKED) == 2
    assert noted("too often") == 1
    refused = client.page(f"/appointments/{visits[-1].id}/cancellation").form()
    refused = refused.fill(reason="发烧").submit()
    assert refused.form(action="/cancellation").fields["reason"] == "发烧"
    with time_machine.travel(NOON + limits.CANCELLING.within, tick=False):
        assert cancel_all(client, "/appointments/{}/cancellation", visits[-1:]) == [303]


def test_a_desk_cancels_as_many_as_a_desk_has_and_not_a_centre(desk, slot):
    visit = make_appointment(service=slot.practitioner.services[0], slot=slot)
    who = str(desk.reception.id)
    for _ in range(limits.CANCELLING_AT_DESK.times - 1):
        limits.spend(limits.CANCELLING_AT_DESK, who, now=NOON)
    db.session.commit()
    assert cancel_all(desk, "/desk/appointments/{}/cancellation", [visit]) == [303]
    more = make_appointment(service=slot.practitioner.services[0], slot=slot)
    assert cancel_all(desk, "/desk/appointments/{}/cancellation", [more]) == [422]
    assert status_of(more) is Status.BOOKED
    assert noted("too often") == 1
