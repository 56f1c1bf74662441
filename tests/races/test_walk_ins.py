"""One new family at two desks at the same moment is one family with one child."""

from datetime import time

import pytest

from clinic import clock
from clinic.accounts.models import Role, User
from clinic.clock import clinic_day
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling.models import Appointment
from clinic.scheduling.verify import broken_promises
from tests.makes import make_practitioner, make_room, make_service, make_session, make_user, sign_in
from tests.races.families import Parent, at_once, in_two_days, statuses
from tests.serving import serving

DESKS = 4


@pytest.mark.parametrize("is_known", [False, True])
def test_a_family_at_many_desks_is_registered_once(race, is_known):
    service = make_service()
    who = make_practitioner([service])
    slots = make_session(
        who, make_room(who.centre), [service], in_two_days(), time(8), time(12)
    ).slots
    if is_known:
        make_user(phone="+8613600000018")
    users = [make_user(Role.RECEPTION, centre=who.centre) for _ in range(DESKS)]
    desks = [(Parent(race, one), slots[n].id) for n, one in enumerate(sign_in(*users))]
    family = {
        "channel": "phone",
        "phone": "13600000018",
        "guardian": "张敏",
        "relation": "mother",
        "name": "赵子沐",
        "sex": "male",
        "birth_date": clinic_day(clock.now()).replace(day=1).isoformat(),
        "agreed": "y",
        "service": service.id,
        "day": in_two_days().isoformat(),
    }
    db.session.commit()

    def book(desk):
        parent, slot_id = desk
        return parent.post(site, "/desk/walk-in", key=f"desk-{slot_id:04}", slot=slot_id, **family)

    with serving(race.config["DATABASE_URL"]) as site:
        answers = at_once(book, desks)

    assert statuses(answers) == {303: DESKS}
    db.session.rollback()
    assert db.session.query(User).filter_by(phone="+8613600000018").count() == 1
    assert db.session.query(Child).count() == 1
    assert db.session.query(Appointment).count() == DESKS
    assert broken_promises() == []
