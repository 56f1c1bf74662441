"""放号: many parents want the few places that open at one moment, and begin before it."""

from datetime import datetime, time, timedelta

from sqlalchemy import func, select, update

from clinic import clock
from clinic.clock import local
from clinic.db import db
from clinic.scheduling.models import Appointment, Hold, SlotService
from clinic.scheduling.verify import broken_promises
from tests.promises import drop_promises
from tests.races.families import appointments, families, ids_of, in_turn, in_two_days, statuses
from tests.serving import serving
from tests.world import World

AT_THE_DOOR = 40  # requests at the same time
SHORTLY = timedelta(seconds=1)


class Morning:
    """A team's morning: so many quarters of an hour with five places each, and the parents who want them."""

    def __init__(self, app, slots, parents):
        world = World(hours={"day": in_two_days(), "opens": time(8), "capacity": 5})
        self.service_id, ids = world.service.id, ids_of(world.session.slots)
        self.slot_ids = ids[:slots]
        families_of_all = families(app, parents)
        wanted = self.slot_ids * (parents // slots)
        self.crowd = list(zip(families_of_all, wanted, strict=True))

    def opens(self, moment):
        """From then on the places can be booked online."""
        db.session.execute(update(SlotService).values(opens_at=moment))
        db.session.commit()

    def book(self, site, pair):
        family, slot_id = pair
        return family.book(site, self.service_id, slot_id)

    def book_as_soon_as_possible(self, site, pair):
        """Ask again as long as the answer is that it opens later. The last answer, and the refusals."""
        early = 0
        while (answer := self.book(site, pair)).status == 422:
            assert "开放预约" in answer.page
            early += 1
        return answer, early


def booked_in_each(slot_ids):
    db.session.rollback()
    query = select(Appointment.slot_id, func.count()).group_by(Appointment.slot_id)
    found = dict(db.session.execute(query).all())
    return [found.get(slot_id, 0) for slot_id in slot_ids]


def test_five_hundred_parents_for_fifty_places_at_the_moment_of_release(race):
    morning = Morning(race, slots=10, parents=500)
    with serving(race.config["DATABASE_URL"]) as site:
        tomorrow = clock.now() + timedelta(days=1)
        morning.opens(tomorrow)
        early = in_turn(lambda pair: morning.book(site, pair), morning.crowd[:20], AT_THE_DOOR)
        opens_at = clock.now() + SHORTLY
        morning.opens(opens_at)
        found = in_turn(
            lambda pair: morning.book_as_soon_as_possible(site, pair), morning.crowd, AT_THE_DOOR
        )

    assert statuses(early) == {422: 20}
    assert all(f"{local(tomorrow):%H:%M}" in answer.page for answer in early)
    answers = [answer for answer, _ in found]
    assert statuses(answers) == {303: 50, 409: 450}
    assert all("刚刚被约走了" in answer.page for answer in answers if answer.status == 409)
    assert booked_in_each(morning.slot_ids) == [5] * 10
    assert first_hold() >= opens_at
    assert broken_promises() == []


def first_hold() -> datetime:
    return db.session.scalar(select(func.min(Hold.created_at)))


def test_its_twin_that_does_not_look_at_the_clock_books_before_the_release(race):
    morning = Morning(race, slots=2, parents=10)
    twin = {"app": "tests.races.unprotected:app", "LOCKED": "1", "EARLY": "1"}
    with serving(race.config["DATABASE_URL"], **twin) as site:
        opens_at = clock.now() + timedelta(days=1)
        morning.opens(opens_at)
        answers = in_turn(lambda pair: morning.book(site, pair), morning.crowd, AT_THE_DOOR)

    assert statuses(answers) == {303: 10}
    assert first_hold() < opens_at


def test_its_twin_without_the_databases_promises_gives_out_more_than_there_is(race):
    morning = Morning(race, slots=2, parents=30)
    drop_promises()
    with serving(race.config["DATABASE_URL"]) as site:
        in_turn(lambda pair: morning.book(site, pair), morning.crowd, AT_THE_DOOR)

    assert appointments() == 30
