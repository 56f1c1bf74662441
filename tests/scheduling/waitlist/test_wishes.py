"""A wish that can be met, and one that cannot: when it ends, and what is refused from the start."""

from datetime import date, time, timedelta

import pytest

from clinic.db import db
from clinic.scheduling.models import Hold, Slot
from clinic.scheduling.timetable.rota import add_rule
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.waitlist import joining, offering
from clinic.scheduling.waitlist.joining import AlreadyWaiting, WaitsTooLong
from clinic.scheduling.waitlist.wishes import NeverMet
from tests.makes import NOON, TOMORROW, make_centre, make_user
from tests.scheduling.waitlist.full import Full

pytestmark = pytest.mark.usefixtures("both")


def test_a_wish_whose_last_day_is_past_ends():
    clinic = Full()
    entry = clinic.join()
    later = NOON + timedelta(days=8)
    offering.look_for([entry.id], now=later)
    db.session.commit()
    assert entry.ended_at == later


@pytest.mark.parametrize(
    "wish",
    [
        pytest.param({"last_day": TOMORROW - timedelta(days=1)}, id="ends before it begins"),
        pytest.param({"weekdays": []}, id="no weekday"),
        pytest.param({"weekdays": [2], "last_day": TOMORROW}, id="no such weekday till then"),
        pytest.param({"parts": []}, id="no part of the day"),
        pytest.param({"centres": []}, id="no centre"),
        pytest.param(
            {"first_day": date(2026, 4, 4), "last_day": date(2026, 4, 6)}, id="only holidays"
        ),
    ],
)
def test_a_wish_that_can_never_be_met_is_refused(wish):
    clinic = Full()
    with pytest.raises(NeverMet):
        clinic.join(**wish)


@pytest.mark.parametrize(
    ("wish", "possible"),
    [
        pytest.param({"parts": ["afternoon"], "weekdays": [0]}, True, id="the rota's own hours"),
        pytest.param({"parts": ["morning"], "weekdays": [0]}, False, id="another part of the day"),
        pytest.param({"parts": ["afternoon"], "weekdays": [1]}, False, id="another weekday"),
        pytest.param({"parts": ["evening"]}, False, id="an evening, which the centre has not"),
        pytest.param({"parts": ["morning", "evening"]}, True, id="a session by hand"),
        pytest.param(
            {"parts": ["afternoon"], "weekdays": [0], "last_day": TOMORROW + timedelta(days=2)},
            False,
            id="before the rota begins",
        ),
    ],
)
def test_hours_that_the_centre_never_has_cannot_be_waited_for(wish, possible):
    """By hand there is tomorrow's morning, by the rota every Monday afternoon from next week on."""
    clinic = Full()
    monday = TOMORROW + timedelta(days=7 - TOMORROW.weekday())
    weekly = Weekly((0,), time(14), time(16), 15, valid_from=monday)
    add_rule(clinic.practitioner, clinic.room, [clinic.service], weekly, by=make_user(), now=NOON)
    wish = {"last_day": TOMORROW + timedelta(days=13)} | wish
    if possible:
        assert clinic.join(**wish).ended_at is None
    else:
        with pytest.raises(NeverMet):
            clinic.join(**wish)


def test_who_is_too_old_for_it_cannot_wait():
    clinic = Full()
    clinic.service.max_age_months = 12
    db.session.commit()
    with pytest.raises(NeverMet):
        clinic.join()


def test_a_centre_that_does_not_offer_it_is_no_wish():
    clinic = Full()
    with pytest.raises(NeverMet):
        clinic.join(centres=[make_centre()])


def test_one_waits_once_and_not_for_ever():
    clinic = Full()
    entry = clinic.join()
    with pytest.raises(AlreadyWaiting):
        clinic.join(children=entry.children)
    db.session.rollback()
    with pytest.raises(WaitsTooLong):
        clinic.join(last_day=TOMORROW + timedelta(days=91))
    db.session.rollback()
    joining.leave(entry, by=make_user(), now=NOON)
    clinic.join(children=entry.children)
    assert db.session.query(Hold).count() == 0
    assert db.session.query(Slot).count() == 4
