"""After a guardian withdrew, nothing new is stored; what is there can be seen and cancelled."""

import pytest

from clinic.checkups.models import Measurement
from clinic.db import db
from clinic.families.models import Child, ConsentKind
from clinic.families.registering import record_consents
from clinic.scheduling.models import Hold, WaitlistEntry
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from tests.makes import (
    NOON,
    make_appointment,
    make_child,
    make_hold,
    make_service,
    make_slot,
    make_user,
)

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def parent(app):
    return make_user()


@pytest.fixture
def child(parent):
    return make_child(parent)


def withdraw(user, *, given=False):
    record_consents(user, list(ConsentKind), language="zh", by=user, now=NOON, given=given)
    db.session.commit()


@pytest.mark.parametrize(
    "path",
    [
        "/family/children/new",
        "/family/children/{child}",
        "/family/invitations",
        "/vaccination/children/{child}/booklet",
        "/checkups/children/{child}/measurements",
        "/checkups/children/{child}/parents-heights",
        "/pediatrics/waitlist",
    ],
)
def test_every_page_that_stores_asks_first(client, parent, child, path):
    client.sign_in(parent)
    withdraw(parent)
    answer = client.post(path.format(child=child.id), data={"name": "新"}, tampered=True)
    assert answer.status_code == 303
    assert answer.location.startswith("/family/consents?next=")
    for table in (Child, Measurement, WaitlistEntry):
        assert db.session.query(table).count() == (1 if table is Child else 0)


def test_a_kept_place_is_not_confirmed(client, parent, child):
    service = make_service()
    wanted = Request(child, service, slots_for(service, make_slot(service).id))
    hold = make_hold(wanted, by=parent, now=NOON)
    db.session.commit()
    client.sign_in(parent)
    page = client.page(f"/pediatrics/holds/{hold.id}")
    withdraw(parent)
    answer = page.form(action=page.address).submit()
    assert answer.location.startswith("/family/consents?next=")
    assert db.session.get_one(Hold, hold.id).booking_id is None


def test_what_was_typed_comes_back_after_agreeing(client, parent):
    client.sign_in(parent)
    page = client.page("/family/children/new")
    withdraw(parent)
    form = page.form(holding="name").fill(name="王小禾", birth_date="2025-02-01", sex="female")
    texts = form.submit().follow()
    agreed = texts.form(holding="privacy").fill(privacy=True, children_under_14=True).submit()
    assert agreed.follow().form(holding="name").fields["name"] == "王小禾"


def test_cancelling_needs_no_consent(client, parent, child):
    visit = make_appointment(child, by=parent)
    client.sign_in(parent)
    page = client.page(f"/appointments/{visit.id}/cancellation")
    withdraw(parent)
    page.form(holding="reason").submit()
    assert status_of(visit) is Status.CANCELLED
