"""Weekly hours copied to another clinician or weekday."""

from datetime import timedelta

import pytest

from clinic.db import db
from clinic.scheduling.rota import drafts
from clinic.scheduling.rota.drafts import NothingToCopy
from clinic.scheduling.timetable.weekly import applies, week_of
from tests.makes import NOON, make_practitioner, make_room
from tests.scheduling.rota.rota_of import NEXT_MONDAY, TODAY, Rota

pytestmark = pytest.mark.usefixtures("both")
TUESDAY = NEXT_MONDAY + timedelta(days=1)


def test_a_week_is_copied_to_another_clinician_for_what_they_give():
    made = Rota()
    other, room = make_practitioner([made.service], centre=made.centre), make_room(made.centre)
    copied = drafts.copy_week([made.rule], other, room, NEXT_MONDAY, by=made.manager, now=NOON)
    db.session.commit()
    assert [draft.weekly.weekdays for draft in copied] == [(0, 1, 2)]
    made.publish()
    assert len(made.sessions(TUESDAY)) == 2
    useless = make_practitioner([], centre=made.centre)
    with pytest.raises(NothingToCopy):
        drafts.copy_week([made.rule], useless, room, NEXT_MONDAY, by=made.manager, now=NOON)


def test_a_weekday_is_copied_to_those_that_do_not_have_it():
    made = Rota()
    (copied,) = drafts.copy_weekday(
        [made.rule], 1, [0, 1, 3, 4], NEXT_MONDAY, by=made.manager, now=NOON
    )
    assert copied.weekly.weekdays == (3, 4)
    with pytest.raises(NothingToCopy):
        drafts.copy_weekday([made.rule], 5, [6], NEXT_MONDAY, by=made.manager, now=NOON)


def test_every_second_week_keeps_its_rhythm_when_it_is_copied():
    made = Rota(every_weeks=2)
    (copied,) = drafts.copy_weekday(
        [made.rule], 1, [3], NEXT_MONDAY + timedelta(days=1), by=made.manager, now=NOON
    )
    days = [TODAY + timedelta(days=n) for n in range(7, 60)]
    old = {week_of(day) for day in days if applies(made.rule, day, 1)}
    new = {week_of(day) for day in days if applies(copied.weekly, day, 3)}
    assert new <= old
    assert new
