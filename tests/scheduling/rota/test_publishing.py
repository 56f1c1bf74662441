"""A rota is drafted, shown and published in one step."""

from datetime import time, timedelta

import pytest

from clinic.audit import AuditEvent
from clinic.clock import at
from clinic.db import db
from clinic.scheduling.appointments import booking, new_times
from clinic.scheduling.changes import applying, kinds
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.models import Channel, ClinicSession, RotaRule
from clinic.scheduling.rota import drafts, publishing
from clinic.scheduling.rota.drafts import BeginsTooSoon, EndsTooLate
from clinic.scheduling.rota.models import RotaDraft
from clinic.scheduling.rota.publishing import NothingToPublish, Overtaken
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.timetable import extending, rota
from clinic.scheduling.timetable.opening import EndsBeforeItBegins, NoWholeSlot
from clinic.scheduling.timetable.rota import OverlappingRule
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, make_child, make_hold, make_practitioner, make_room, make_user
from tests.scheduling.rota.rota_of import NEXT_MONDAY, TODAY, Rota, picture, undo

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


def test_leave_that_is_lifted_does_not_bring_back_what_the_new_rota_ended():
    from clinic.centres.models import Leave
    from clinic.clock import day_bounds
    from clinic.scheduling.changes import applying, reopening
    from clinic.scheduling.changes.kinds import Away

    made = Rota()
    away = Away(made.practitioner, *day_bounds(TUESDAY))
    shown = applying.preview(away, now=NOON)
    applying.apply(away, shown.version, by=made.manager, now=NOON)
    db.session.commit()
    made.change(opens=time(10), closes=time(12))
    made.publish()
    assert made.sessions(TUESDAY) == []

    reopening.lift(db.session.query(Leave).one(), by=made.manager, now=NOON)
    db.session.commit()

    (session,) = made.sessions(TUESDAY)
    assert session.starts_at.hour == 2  # 10:00
    assert broken_promises() == []


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


def test_every_step_is_in_the_audit_trail():
    made = Rota()
    lost, kept = made.book(TUESDAY, 0), made.book(TUESDAY, 6)
    drafts.discard(made.draft(weekdays=(5,)), by=made.manager, now=NOON)
    made.change(opens=time(10))
    made.publish()
    undo(made)
    told = [
        (audit_event.action, audit_event.subject)
        for audit_event in db.session.query(AuditEvent).order_by(AuditEvent.id)
        if "draft" in audit_event.action or "rota" in audit_event.subject
    ]
    assert told == [
        ("add_rule", "rota_rules"),
        ("draft_add", "rota_drafts"),
        ("discard_draft", "rota_drafts"),
        ("draft_change", "rota_drafts"),
        ("end_rule", "rota_rules"),
        ("add_rule", "rota_rules"),
        ("publish", "rota_publications"),
        ("end_rule", "rota_rules"),
        ("restore_rule", "rota_rules"),
        ("undo", "rota_publications"),
    ]
    of_them = db.session.query(AuditEvent).filter_by(subject="appointments")
    assert [
        audit_event.action for audit_event in of_them.filter_by(subject_id=kept.id).order_by("id")
    ] == [
        "book",
        "displace",
        "keep_time",
        "displace",
        "keep_time",
    ]
    assert [
        audit_event.action for audit_event in of_them.filter_by(subject_id=lost.id).order_by("id")
    ] == [
        "book",
        "displace",
        "restore",
    ]


def test_drafts_that_nobody_published_make_no_session():
    made = Rota()
    made.draft(weekdays=(4,))
    count = db.session.query(ClinicSession).count()
    made.open()
    assert db.session.query(ClinicSession).count() == count
    assert db.session.query(RotaDraft).count() == 1


def test_a_day_that_was_taken_out_by_hand_stays_out_under_other_hours_and_is_named():
    made = Rota()
    [session] = made.sessions(NEXT_MONDAY)
    change = kinds.withdrawal(session)
    version = applying.preview(change, now=NOON).version
    applying.apply(change, version, by=made.manager, now=NOON)
    draft = made.change(opens=time(10), closes=time(12))

    shown = made.look()
    assert shown.out == ((draft.id, NEXT_MONDAY),)
    assert NEXT_MONDAY not in {session.day for session in shown.sessions.added}
    made.publish(shown)
    made.open()

    assert made.sessions(NEXT_MONDAY) == []
    assert made.sessions(NEXT_MONDAY + timedelta(days=7)) != []


def test_who_lost_a_time_to_shorter_hours_gets_it_back_with_the_longer_ones():
    made = Rota()
    late = made.book(NEXT_MONDAY, 6)
    made.change(closes=time(10))
    made.publish()
    assert status_of(late) is Status.DISPLACED
    new = next(rule for rule in rota.rules_of([made.centre.id]) if rule.closes == time(10))
    drafts.draft_change(
        new, made.template(closes=time(11), valid_from=NEXT_MONDAY), by=made.manager, now=NOON
    )
    db.session.commit()

    made.publish()

    db.session.expire_all()
    assert status_of(late) is Status.BOOKED
    assert late.starts_at == at(NEXT_MONDAY, time(10, 30))
