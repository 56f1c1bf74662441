"""A rota is drafted, shown and published in one step."""

from datetime import time, timedelta

import pytest

from clinic.db import db
from clinic.scheduling.appointments import booking, new_times
from clinic.scheduling.models import Channel
from clinic.scheduling.rota.drafts import BeginsTooSoon, EndsTooLate
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.timetable import extending, rota
from clinic.scheduling.timetable.opening import EndsBeforeItBegins, NoWholeSlot
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from tests.makes import NOON, make_child, make_hold, make_practitioner, make_room, make_user
from tests.scheduling.rota.rota_of import NEXT_MONDAY, TODAY, Rota, picture

pytestmark = pytest.mark.usefixtures("both")
TUESDAY, WEDNESDAY = NEXT_MONDAY + timedelta(days=1), NEXT_MONDAY + timedelta(days=2)


def test_a_draft_changes_nothing():
    made = Rota()
    before = picture(made)
    made.change(opens=time(8))
    made.end(NEXT_MONDAY)  # a rule has one draft: this one now
    made.draft(weekdays=(3,))
    shown = made.look()
    assert [draft.kind for draft in shown.drafts] == ["end", "add"]
    assert picture(made) == before


@pytest.mark.parametrize(
    ("kw", "error"),
    [
        ({"valid_from": TODAY}, BeginsTooSoon),
        ({"closes": time(9)}, EndsBeforeItBegins),
        ({"slot_minutes": 150}, NoWholeSlot),
        ({"weekdays": ()}, rota.NoWeekday),
        ({"valid_until": NEXT_MONDAY - timedelta(days=1)}, rota.NeverValid),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_drafted(kw, error):
    made = Rota()
    with pytest.raises(error):
        made.change(**kw)


def test_a_rule_that_has_ended_cannot_end_later():
    made = Rota(valid_until=NEXT_MONDAY)
    with pytest.raises(EndsTooLate):
        made.end(NEXT_MONDAY)
    with pytest.raises(BeginsTooSoon):
        made.end(TODAY - timedelta(days=1))


def test_longer_hours_keep_every_family_at_its_time():
    made = Rota()
    visit = made.book(TUESDAY, 2)
    moment, reference = visit.starts_at, visit.booking.reference
    made.change(opens=time(8, 30), closes=time(12))
    shown = made.look()
    assert ([one.id for one in shown.kept], shown.lost) == ([visit.id], ())
    assert len(shown.sessions.changed) == 10  # four Mondays, three Tuesdays and Wednesdays
    assert (shown.sessions.added, shown.sessions.withdrawn) == ((), ())

    made.publish(shown)

    db.session.refresh(visit)
    assert status_of(visit) is Status.BOOKED
    assert (visit.starts_at, visit.booking.reference) == (moment, reference)
    assert visit.slot_id in {slot.id for slot in made.sessions(TUESDAY)[0].slots}
    assert [len(session.slots) for session in made.sessions(TUESDAY)] == [14]


def test_who_finds_no_place_in_shorter_hours_is_named_displaced_and_offered_another():
    made = Rota()
    early, late = made.book(TUESDAY, 0), made.book(TUESDAY, 5)
    made.change(opens=time(10))
    shown = made.look()
    assert [one.id for one in shown.lost] == [early.id]
    assert [one.id for one in shown.kept] == [late.id]

    made.publish(shown)

    db.session.expire_all()
    assert [status_of(appointment) for appointment in (early, late)] == [
        Status.DISPLACED,
        Status.BOOKED,
    ]
    assert new_times.offer_to(early.id, now=NOON) != []


def test_other_days_only_leave_the_sessions_of_the_days_that_stay_untouched():
    made = Rota()
    stays, goes = made.book(TUESDAY), made.book(WEDNESDAY)
    session = made.sessions(TUESDAY)[0]
    made.change(weekdays=(1, 3))
    shown = made.look()
    assert [one.id for one in shown.lost] == [goes.id]
    assert shown.kept == ()
    weeks = [NEXT_MONDAY + timedelta(days=7 * n) for n in range(3)]
    assert [session.day for session in shown.sessions.added] == [
        day + timedelta(days=3) for day in weeks
    ]
    assert len(shown.sessions.withdrawn) == 7
    version = stays.version

    made.publish(shown)

    db.session.expire_all()
    assert stays.version == version
    assert made.sessions(TUESDAY)[0].id == session.id
    assert session.rota_rule_id != made.rule.id


def test_what_was_done_by_hand_to_a_session_that_stays_is_not_undone():
    made = Rota()
    gone = made.sessions(TUESDAY)[0]
    from clinic.scheduling.timetable import opening

    opening.withdraw_if_empty(gone, by=made.manager, now=NOON)
    db.session.commit()
    made.change(weekdays=(0, 1, 2, 3))
    made.publish()
    assert made.sessions(TUESDAY) == []


def test_a_rule_that_ends_takes_its_sessions_along_and_one_that_begins_brings_its_own():
    made = Rota()
    other = make_practitioner([made.service], centre=made.centre)
    made.end(NEXT_MONDAY)
    made.draft(other, weekdays=(2,), valid_from=WEDNESDAY)
    shown = made.look()
    assert {session.day for session in shown.sessions.withdrawn} >= {TUESDAY, WEDNESDAY}
    assert NEXT_MONDAY not in {session.day for session in shown.sessions.withdrawn}
    assert shown.sessions.added[0].day == WEDNESDAY
    assert shown.problems == {}

    made.publish(shown)

    assert made.rule.valid_until == NEXT_MONDAY
    (session,) = made.sessions(WEDNESDAY)
    assert session.practitioner_id == other.id


def test_what_is_shown_is_what_happens():
    made = Rota(capacity=2)
    for day, number in ((NEXT_MONDAY, 0), (TUESDAY, 1), (TUESDAY, 7), (WEDNESDAY, 3)):
        made.book(day, number)
    made.change(room=make_room(made.centre), opens=time(9, 15), closes=time(12), capacity=3)
    shown = made.publish()

    expected = {(one.starts_at, one.ends_at, one.room_id) for _, one in shown.sessions.changed}
    expected |= {
        (session.starts_at, session.ends_at, session.room_id) for session in shown.sessions.added
    }
    made_rules = [draft.made_rule_id for draft in shown.drafts]
    there = [session for session in made.sessions() if session.rota_rule_id in made_rules]
    assert {(session.starts_at, session.ends_at, session.room_id) for session in there} == expected
    assert {status_of(appointment) for appointment in shown.kept} == {Status.BOOKED}
    assert {status_of(appointment) for appointment in shown.lost} == {Status.DISPLACED}
    assert {appointment.room_id for appointment in shown.kept} == {there[0].room_id}


def test_days_beyond_the_horizon_are_opened_later_by_the_new_rule_alone():
    made = Rota()
    made.change(opens=time(10))
    made.publish()
    last = TODAY + extending.HORIZON
    later = extending.extend([made.centre], last, last + timedelta(days=14), now=NOON)
    assert later.conflicts == []
    assert {session.starts_at.hour for session in made.sessions() if session.rota_day > last} == {
        2
    }  # 10:00


def test_a_place_of_the_online_share_stays_one():
    made = Rota(capacity=2, online_percent=50)
    visit = made.book(TUESDAY, 0)
    assert made.slot(TUESDAY).online_taken == 1
    made.change(closes=time(12))
    made.publish()
    db.session.expire_all()
    slot = made.slot(TUESDAY)
    assert (visit.slot_id, slot.taken, slot.online_taken) == (slot.id, 1, 1)


def test_a_family_that_fills_in_the_form_is_told_kindly():

    made = Rota()
    parent = make_user()
    wanted = Request(
        make_child(parent), made.service, slots_for(made.service, made.slot(TUESDAY).id)
    )
    hold = make_hold(wanted, by=parent, now=NOON)
    db.session.commit()
    made.change(opens=time(10))
    made.publish()
    from clinic.errors import DomainError

    with pytest.raises(DomainError):
        booking.book(
            [Request(wanted.child, wanted.service, wanted.slots, hold=hold)],
            by=parent,
            key=str(hold.id),
            channel=Channel.ONLINE,
            now=NOON,
        )
