"""A guardian is removed while they choose: what they take afterwards is not theirs, on both engines.

Each has a twin without the protection, which leaves a broken promise.
"""

import pytest

from clinic.db import db
from clinic.scheduling.models import Hold
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, make_child, make_guardianship, make_user
from tests.races import removing
from tests.races.crossing import until_all_wait
from tests.races.doors import Somebody, at_once, let_go
from tests.world import World

FOR_NOBODY = "in a form of somebody who does not care for the child"
WAITS_FOR_NOBODY = "nobody cares for all its children"


class TwoGuardians:
    """A child whose second guardian may be removed, and has a child of their own; a free place."""

    def __init__(self):
        world = World(hours={})
        self.slot = world.slot()
        self.child, self.second = world.child, make_user()
        self.own = make_child(self.second)
        self.guardianship = make_guardianship(self.second, self.child)
        db.session.commit()

    def holds(self, race, manner, **kw):
        ids = (self.second.id, self.child.id, self.slot.id)
        return Somebody(race, removing.hold, manner, *ids, *kw.values())

    def joins(self, race, manner):
        return Somebody(race, removing.join, manner, self.second.id, self.child.id, self.own.id)

    def is_removed(self, race):
        return Somebody(race, removing.remove, self.guardianship.id)


def what_broke():
    return [promise.split(": ")[1] for promise in broken_promises(now=NOON)]


TAKES = {
    "holds": (TwoGuardians.holds, "held", [FOR_NOBODY]),
    "joins": (TwoGuardians.joins, "joined", [WAITS_FOR_NOBODY]),
}


@pytest.mark.parametrize("verb", TAKES)
@pytest.mark.parametrize("manner", ["in order", "blind"])
def test_who_was_removed_since_they_looked_takes_nothing(race, verb, manner):
    take, ended, broken = TAKES[verb]
    two = TwoGuardians()
    person = take(two, race, manner)
    person.hear("ready")

    assert at_once([two.is_removed(race)]) == ["removed"]
    assert let_go([person]) == [ended if manner == "blind" else "not theirs"]
    assert what_broke() == (broken if manner == "blind" else [])


def test_who_removes_them_waits_for_a_hold_that_is_being_made(postgres_race):
    two = TwoGuardians()
    person, other = two.holds(postgres_race, "in order", stops=True), two.is_removed(postgres_race)
    for who in (person, other):
        who.hear("ready")
    person.go()
    person.hear("held")
    other.go()
    until_all_wait(1)

    assert [*let_go([person]), other.answer()] == ["held", "removed"]
    db.session.rollback()
    assert db.session.query(Hold).all() == []
    assert what_broke() == []


def test_its_twin_without_the_lock_leaves_the_hold(postgres_race):
    two = TwoGuardians()
    person = two.holds(postgres_race, "unlocked", stops=True)
    person.hear("ready")
    person.go()
    person.hear("held")

    assert at_once([two.is_removed(postgres_race)]) == ["removed"]
    assert let_go([person]) == ["held"]
    assert what_broke() == [FOR_NOBODY]
