"""What a published rota leaves alone, brings back and writes down."""

from datetime import time, timedelta

import pytest

from clinic.audit import AuditEvent
from clinic.clock import at
from clinic.db import db
from clinic.scheduling.changes import applying, kinds
from clinic.scheduling.models import ClinicSession
from clinic.scheduling.rota import drafts
from clinic.scheduling.rota.models import RotaDraft
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.timetable import rota
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON
from tests.scheduling.rota.rota_of import NEXT_MONDAY, Rota, undo

pytestmark = pytest.mark.usefixtures("both")
TUESDAY, WEDNESDAY = NEXT_MONDAY + timedelta(days=1), NEXT_MONDAY + timedelta(days=2)


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
