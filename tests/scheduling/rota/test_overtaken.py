"""What stands against publishing a rota, and what came in between."""

from datetime import time, timedelta

import pytest

from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.models import RotaRule
from clinic.scheduling.rota import publishing
from clinic.scheduling.rota.drafts import BeginsTooSoon
from clinic.scheduling.rota.publishing import NothingToPublish, Overtaken
from clinic.scheduling.timetable.rota import OverlappingRule
from tests.makes import NOON, make_practitioner, make_user
from tests.scheduling.rota.rota_of import NEXT_MONDAY, TODAY, Rota

pytestmark = pytest.mark.usefixtures("both")
TUESDAY, WEDNESDAY = NEXT_MONDAY + timedelta(days=1), NEXT_MONDAY + timedelta(days=2)


def test_hours_that_another_rule_has_stand_against_publishing():
    made = Rota()
    draft = made.draft(make_practitioner([made.service], centre=made.centre))
    shown = made.look()
    assert isinstance(shown.problems[draft.id], OverlappingRule)
    with pytest.raises(publishing.SomethingAgainst):
        made.publish(shown)
    db.session.rollback()
    assert db.session.query(RotaRule).count() == 1


def test_a_draft_whose_day_has_come_stands_against_publishing():
    made = Rota()
    draft = made.change(opens=time(10))
    from clinic.scheduling.rota.diff import diff

    later = NOON + timedelta(days=7)
    assert isinstance(diff(made.centre, now=later).problems[draft.id], BeginsTooSoon)


@pytest.mark.parametrize("meanwhile", ["a booking", "a cancellation", "a draft", "other hours"])
def test_what_came_in_between_is_shown_before_anything_is_done(meanwhile):
    made = Rota()
    visit = made.book(TUESDAY)
    made.change(opens=time(10))
    shown = made.look()
    if meanwhile == "a booking":
        made.book(TUESDAY, 1)
    elif meanwhile == "a cancellation":
        booking.cancel(visit, by=made.manager, online=False, now=NOON)
    elif meanwhile == "a draft":
        made.draft(weekdays=(5,))
    else:
        made.change(opens=time(10, 15))
    db.session.commit()
    with pytest.raises(NotAsShown):
        made.publish(shown)
    db.session.rollback()
    assert made.look().version != shown.version
    made.publish()


def test_a_booking_that_the_rota_does_not_concern_is_no_hindrance():
    made = Rota()
    made.change(opens=time(10))
    shown = made.look()
    made.book(TODAY + timedelta(days=1))  # before the first day
    made.publish(shown)


def test_publishing_over_a_newer_publication_says_who_was_first():
    made = Rota()
    made.change(opens=time(10))
    shown = made.look()
    made.publish(shown, by=make_user(name="李主任"))
    with pytest.raises(Overtaken) as refused:
        made.publish(shown)
    assert refused.value.params == {"who": "李主任", "when": NOON}
    db.session.rollback()
    with pytest.raises(NothingToPublish):
        made.publish()
