"""Forms that are over are cleared away a day later; nothing that is still needed goes with them."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from clinic.accounts.models import User
from clinic.db import db
from clinic.scheduling.appointments import booking, holding, old_forms
from clinic.scheduling.models import Booking, Channel, Hold, HoldFor, Place
from clinic.scheduling.verdict.request import Request, SlotTaken
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from clinic.scheduling.waitlist import offering
from tests.makes import (
    NOON,
    TOMORROW,
)
from tests.world import World

A_WEEK = timedelta(days=7)
LATER = NOON + timedelta(days=2)


@pytest.fixture(autouse=True)
def every_promise_is_kept(both):
    yield
    db.session.rollback()
    assert broken_promises(now=LATER) == []


class Morning(World):
    """A clinician's morning in a week, and families who book it."""

    def __init__(self):
        super().__init__(hold_minutes=10, hours={"day": TOMORROW + A_WEEK})

    def wait(self):
        """Another family waits for this morning."""
        day = TOMORROW + A_WEEK
        return self.join(parts=("morning",), first_day=day, last_day=day).id


def wanted_of(kept):
    """What confirming the form asks for."""
    return [
        Request(hold.child, hold.service, slots_for(hold.service, hold.slot_id), hold=hold)
        for hold in holding.group_of(kept)
    ]


def confirm(kept, *, now=NOON):
    by = db.session.get_one(User, kept.user_id)
    made = booking.book(
        wanted_of(kept), by=by, key=f"hold:{kept.id}", channel=Channel.ONLINE, now=now
    )
    db.session.commit()
    return made


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


@pytest.mark.parametrize("numbers", [(0,), (0, 1)])
@pytest.mark.parametrize("is_used", [True, False])
@pytest.mark.parametrize(
    ("after", "left"), [(timedelta(days=1), True), (timedelta(days=1, minutes=11), False)]
)
def test_a_form_stays_for_a_day_after_it_is_over(numbers, is_used, after, left):
    morning = Morning()
    kept = morning.hold(*numbers)
    if is_used:
        confirm(kept)

    assert old_forms.clear(now=NOON + after) == (not left)

    assert count(Hold) == (len(numbers) if left else 0)
    assert count(Place) == (len(numbers) if left or is_used else 0)


def test_a_form_that_was_used_late_stays_for_a_day_after_that():
    kept = Morning().hold(0)
    confirm(kept, now=LATER)

    assert old_forms.clear(now=LATER + timedelta(hours=23)) == 0
    assert old_forms.clear(now=LATER + timedelta(hours=25)) == 1


def test_a_form_that_is_cleared_away_while_it_is_confirmed_makes_no_booking():
    kept = Morning().hold(0)
    wanted, by = wanted_of(kept), db.session.get_one(User, kept.user_id)
    facts = {"by": by, "key": f"hold:{kept.id}", "channel": Channel.ONLINE, "now": LATER}
    old_forms.clear(now=LATER)

    with pytest.raises(SlotTaken):
        booking.book(wanted, **facts)
    db.session.rollback()
    assert count(Booking) == 0


def test_what_a_form_kept_goes_to_the_family_that_waits():
    morning = Morning()
    for number in range(len(morning.session.slots)):
        morning.hold(number)
    entry_id = morning.wait()

    old_forms.clear(now=LATER)

    assert db.session.scalars(select(Hold.entry_id)).all() == [entry_id]


def test_offers_stay():
    morning = Morning()
    offering.look_for([morning.wait()], now=NOON)
    db.session.commit()

    assert old_forms.clear(now=NOON + timedelta(days=100)) == 0
    assert db.session.scalars(select(Hold.purpose)).all() == [HoldFor.WAITLIST]


def test_many_are_cleared_the_oldest_first(monkeypatch):
    monkeypatch.setattr(old_forms, "AT_ONCE", 2)
    monkeypatch.setattr(old_forms, "MOST", 5)
    morning = Morning()
    made = []
    for number in range(7):
        kept = morning.hold(number, now=NOON + timedelta(minutes=number))
        made.append(kept.id)
        confirm(kept)

    assert old_forms.clear(now=LATER) == 5
    assert db.session.scalars(select(Hold.id)).all() == made[5:]
    assert old_forms.clear(now=LATER) == 2


@pytest.mark.parametrize("is_used", [True, False])
def test_the_id_of_a_form_is_never_given_again(is_used):
    morning = Morning()
    kept = morning.hold(0)
    first = kept.id
    if is_used:
        confirm(kept)
        db.session.expunge_all()
        old_forms.clear(now=LATER)
    else:
        holding.give_up(kept, now=NOON)
        db.session.commit()

    assert morning.hold(1).id > first
