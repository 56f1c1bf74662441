"""The last second: a hold is over, and its owner confirms while another family takes the place."""

from datetime import time, timedelta

from sqlalchemy import select, update

from clinic import clock
from clinic.db import db
from clinic.scheduling.models import Appointment, Hold, Place
from clinic.scheduling.verify import broken_promises
from tests.promises import drop_promises
from tests.races.families import appointments, at_once, families, ids_of, in_two_days, statuses
from tests.serving import serving
from tests.world import World

ROUNDS = 12


def expire_all():
    """Every hold was over a second ago, to the database and to the server."""
    db.session.rollback()
    past = clock.now() - timedelta(seconds=1)
    unsynchronised = {"synchronize_session": False}
    for model in (Hold, Place):
        over = update(model).where(model.expires_at.is_not(None)).values(expires_at=past)
        db.session.execute(over, execution_options=unsynchronised)
    db.session.commit()


def slow_families(app, site, rounds):
    """The service, and for each round a family whose hold is over, its hold, another family, the slot."""
    hours = {"day": in_two_days(), "opens": time(8), "closes": time(8 + rounds // 4)}
    world = World(hours=hours)
    world.open(in_two_days(1), opens=time(8), closes=time(9))  # stays free
    service_id, slot_ids = world.service.id, ids_of(world.session.slots)
    pairs = families(app, 2 * rounds)
    found = []
    for n, slot_id in enumerate(slot_ids):
        slow = pairs[2 * n]
        found.append((slow, slow.hold(site, service_id, slot_id), pairs[2 * n + 1], slot_id))
    expire_all()
    return service_id, found


def both_at_once(app, site, rounds=ROUNDS):
    """The slow family confirms as another books; each round's answers, the slow one's first."""
    service_id, waiting = slow_families(app, site, rounds)
    return [
        at_once(
            lambda work: work(),
            [
                lambda slow=slow, held=held: slow.confirm(site, held),
                lambda quick=quick, slot_id=slot_id: quick.book(site, service_id, slot_id),
            ],
        )
        for slow, held, quick, slot_id in waiting
    ]


def test_an_expired_place_has_one_owner_and_the_other_a_kind_page(race):
    with serving(race.config["DATABASE_URL"]) as site:
        rounds = both_at_once(race, site)

    assert [statuses(answers) for answers in rounds] == [{303: 1, 409: 1}] * ROUNDS
    assert all(
        'name="slot"' in answer.page for those in rounds for answer in those if answer.status == 409
    )
    assert appointments() == ROUNDS
    assert broken_promises() == []


def test_who_comes_first_has_it_be_it_the_owner_or_the_other(race):
    with serving(race.config["DATABASE_URL"]) as site:
        service_id, waiting = slow_families(race, site, 4)
        (slow, held, quick, slot_id), (slow2, held2, quick2, slot2_id) = waiting[:2]
        theirs = [slow.confirm(site, held), quick.book(site, service_id, slot_id)]
        others = [quick2.book(site, service_id, slot2_id), slow2.confirm(site, held2)]

    assert [answer.status for answer in (*theirs, *others)] == [303, 409, 303, 409]
    db.session.rollback()
    owners = db.session.scalars(select(Appointment.child_id).order_by(Appointment.id))
    assert list(owners) == [slow.children[0], quick2.children[0]]
    assert broken_promises() == []


def test_its_twin_without_the_databases_promises_gives_it_to_both(race):
    drop_promises()
    with serving(race.config["DATABASE_URL"]) as site:
        both_at_once(race, site, rounds=4)

    assert appointments() == 8


def test_its_twin_that_never_lets_go_of_an_expired_place_turns_everybody_away(race):
    twin = {"app": "tests.races.unprotected:app"}
    with serving(race.config["DATABASE_URL"], **twin) as site:
        service_id, waiting = slow_families(race, site, 4)
        answers = [quick.book(site, service_id, slot_id) for _, _, quick, slot_id in waiting]

    assert statuses(answers) == {409: 4}
