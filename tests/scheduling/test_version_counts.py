"""The versions that tell pages what has changed are the database's, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from clinic.db import db
from clinic.scheduling.appointments import booking, moving
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.models import Version
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.visits.models import DeskVersion
from tests.makes import (
    NOON,
    TOMORROW,
)
from tests.promises import is_sqlite
from tests.world import World

LATER = TOMORROW + timedelta(days=1)


@pytest.fixture(autouse=True)
def every_engine(both):
    return both


class TwoDays(World):
    """A visit tomorrow, and a free time on the day after."""

    def __init__(self):
        super().__init__(hours={})
        self.later = self.slot(session=self.open(LATER))
        self.visit = self.book()

    def move(self):
        wanted = Request(self.visit.child, self.service, slots_for(self.service, self.later.id))
        moving.move([Move(self.visit, wanted)], by=self._by(), online=False, now=NOON)

    def cancel_it(self):
        booking.cancel(self.visit, by=self._by(), online=False, now=NOON)

    def _by(self):
        return self.visit.booking.made_by

    def changed(self, deed):
        """On which days the times, and the desk, have another version afterwards."""
        before = [self._numbers(one) for one in (Version, DeskVersion)]
        deed()
        db.session.commit()
        after = [self._numbers(one) for one in (Version, DeskVersion)]
        return [
            {day for day, number in now.items() if number != was.get(day)}
            for was, now in zip(before, after, strict=True)
        ]

    def _numbers(self, model):
        mine = db.select(model.day, model.number).where(model.centre_id == self.visit.centre_id)
        return dict(tuple(row) for row in db.session.execute(mine))


def test_a_move_changes_the_day_it_leaves_and_the_day_it_comes_to():
    two = TwoDays()
    assert two.changed(two.move) == [{TOMORROW, LATER}] * 2


def test_what_is_undone_within_a_transaction_is_not_counted():
    two = TwoDays()

    def think_again():
        step = db.session.begin_nested()
        two.move()
        step.rollback()
        two.cancel_it()

    assert two.changed(think_again) == [{TOMORROW}] * 2


def test_what_is_checked_at_once_is_counted_at_once():
    """PostgreSQL can be asked to check at once what waits for the commit."""
    two = TwoDays()
    if not is_sqlite():
        db.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    assert two.changed(two.cancel_it) == [{TOMORROW}] * 2


def test_nothing_done_counts_nothing():
    two = TwoDays()
    assert two.changed(lambda: None) == [set(), set()]
