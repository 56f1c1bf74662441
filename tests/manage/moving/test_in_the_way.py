"""The page that moves an appointment names the child's visit that stands in the way, on both engines."""

from datetime import time, timedelta

import pytest

from clinic.accounts.models import Role
from clinic.clock import at
from clinic.db import db
from tests.makes import make_appointment, make_service, make_slot, make_user
from tests.scheduling.rota.rota_of import NEXT_MONDAY, Rota

pytestmark = pytest.mark.usefixtures("noon")
TUESDAY = NEXT_MONDAY + timedelta(days=1)


@pytest.fixture
def app(both):
    return both


@pytest.fixture
def made(app):
    """A visit on Tuesday at nine, and another of the child at half past ten, at another centre."""
    rota = Rota()
    rota.visit = rota.book(TUESDAY)
    elsewhere = make_service(name_zh="视力检查")
    rota.busy = make_slot(elsewhere, day=TUESDAY, opens=time(10, 30), closes=time(11))
    make_appointment(rota.visit.child, elsewhere, rota.busy)
    return rota


def sign_in(client, made, role):
    user = make_user(role, centre=made.centre)
    if role is Role.CLINICIAN:
        made.practitioner.user = user
        db.session.commit()
    client.sign_in(user)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.CLINICIAN])
@pytest.mark.parametrize(("number", "is_free"), [(6, False), (4, True)], ids=["10:30", "10:00"])
def test_the_visit_in_the_way_is_named_and_the_move_refused(client, made, role, number, is_free):
    sign_in(client, made, role)
    slot = made.slot(TUESDAY, number=number)

    page = client.page(f"/manage/appointments/{made.visit.id}/move?slot={slot.id}")

    named = [row for row in page.rows(".notice-warn") if "视力检查" in row]
    assert [made.busy.centre.name_zh in row and "10:30" in row for row in named] == (
        [] if is_free else [True]
    )
    action = f"/manage/appointments/{made.visit.id}/move?slot={slot.id}"
    assert bool(page.tree.css(f'form[action^="{action}"]')) == is_free
    answer = client.post(action, data={"version": made.visit.version}, tampered=not is_free)
    assert answer.status_code == (303 if is_free else 422)
    assert ("视力检查" in answer.text) != is_free
    db.session.refresh(made.visit)
    assert made.visit.starts_at == at(TUESDAY, time(10) if is_free else time(9))
