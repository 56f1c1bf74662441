"""The last publication of a rota taken back, or not."""

from datetime import time, timedelta

import pytest
from flask_migrate import downgrade, upgrade

from clinic.db import db
from clinic.scheduling.appointments import booking, moving
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.rota import drafts, undoing
from clinic.scheduling.rota.models import last_publication
from clinic.scheduling.rota.undoing import DraftsOpen, NotTheLast, Used
from clinic.scheduling.timetable import rota
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from tests.makes import NOON, make_room
from tests.scheduling.rota.rota_of import NEXT_MONDAY, Rota, picture, undo

pytestmark = pytest.mark.usefixtures("both")
TUESDAY, WEDNESDAY = NEXT_MONDAY + timedelta(days=1), NEXT_MONDAY + timedelta(days=2)


def everything(made):
    made.book(NEXT_MONDAY, 0)  # loses its time
    made.book(TUESDAY, 5)  # keeps it
    made.book(WEDNESDAY, 6)


def test_undo_makes_it_what_it_was():
    made = Rota(capacity=2)
    everything(made)
    before = picture(made)
    made.change(room=make_room(made.centre), opens=time(10), closes=time(12), weekdays=(0, 1, 4))
    shown = made.publish()
    assert (len(shown.kept), len(shown.lost)) == (1, 2)
    assert picture(made) != before

    done = undo(made)

    assert sorted(done.back) == sorted(one.id for one in (*shown.kept, *shown.lost))
    assert done.lost == ()
    assert picture(made) == before
    assert (made.rule.valid_until, made.rule.weekdays) == (None, [0, 1, 2])
    # Its draft is open again, and can be published just so.
    assert [draft.kind for draft in made.look().drafts] == ["change"]
    made.publish()


def test_undo_after_only_other_days_and_a_rule_that_never_began():
    made = Rota()
    future = made.add(weekdays=(3,), valid_from=WEDNESDAY)
    made.open()
    everything(made)
    before = picture(made)
    made.change(weekdays=(1, 4))
    made.end(TUESDAY, future)
    made.publish()
    assert future.cancelled_at == NOON
    assert future not in rota.rules_of([made.centre.id])

    undo(made)

    assert picture(made) == before
    assert (future.cancelled_at, future.weekdays) == (None, [3])


def test_a_rule_that_never_begins_and_a_visit_that_was_moved_carry_over_and_back():
    made = Rota()
    future = made.add(weekdays=(3,), valid_from=WEDNESDAY)
    made.open()
    visit = made.book(TUESDAY)
    slots = slots_for(made.service, made.slot(WEDNESDAY).id)
    wanted = Request(visit.child, made.service, slots)
    moving.move([Move(visit, wanted)], by=made.manager, online=False, now=NOON)
    before = picture(made)
    made.end(TUESDAY, future)
    made.publish()
    db.session.rollback()

    downgrade(revision="0034")
    upgrade()

    db.session.expire_all()
    facts = (future.cancelled_at, future.cancelled_by_id, future.weekdays)
    assert facts == (NOON, made.manager.id, [3])
    assert (visit.moved_at, visit.kept_at) == (NOON, None)
    undo(made)
    assert picture(made) == before
    assert (future.cancelled_at, future.weekdays) == (None, [3])


def test_undo_is_refused_with_who_uses_the_new_hours():
    made = Rota()
    made.change(closes=time(12))
    made.publish()
    visit = made.book(TUESDAY, 9)
    with pytest.raises(Used) as refused:
        undo(made)
    assert [appointment.id for appointment in refused.value.by] == [visit.id]
    db.session.rollback()
    booking.cancel(visit, by=made.manager, online=False, now=NOON)
    db.session.commit()
    undo(made)


def test_undo_is_refused_once_a_family_has_chosen_a_new_time():
    made = Rota()
    visit = made.book(TUESDAY, 0)
    made.change(opens=time(10))
    made.publish()
    slots = slots_for(made.service, made.slot(WEDNESDAY).id)
    moving.move(
        [Move(visit, Request(visit.child, made.service, slots))],
        by=made.manager,
        online=False,
        now=NOON,
    )
    db.session.commit()
    with pytest.raises(Used) as refused:
        undo(made)
    assert [appointment.id for appointment in refused.value.by] == [visit.id]


def test_only_the_last_publication_is_undone_once_and_without_open_drafts():
    made = Rota()
    made.change(opens=time(10))
    made.publish()
    first = last_publication(made.centre)
    draft = made.draft(weekdays=(4,))
    with pytest.raises(DraftsOpen):
        undo(made)
    db.session.rollback()
    made.publish()
    with pytest.raises(NotTheLast):
        undoing.undo(first, by=made.manager, now=NOON)
    db.session.rollback()
    undo(made)
    drafts.discard(draft, by=made.manager, now=NOON)
    db.session.commit()
    undo(made)
    assert last_publication(made.centre) is None
