"""Hours change with people booked: first shown, then done as shown, nobody lost."""

from datetime import date, time, timedelta

import pytest

from clinic.clock import at
from clinic.db import db
from clinic.scheduling.appointments import booking, new_times
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.changes.kinds import EndRule, NewHours, WorksAs, withdrawal
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment, Channel, ClinicSession, Slot
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.timetable import extending, rota
from clinic.scheduling.timetable.opening import EndsBeforeItBegins
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.verdict.request import Refused, Request, SlotTaken
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_child,
    make_hold,
    make_practitioner,
    make_room,
    make_session,
    make_user,
)
from tests.scheduling.changes.clinic import Clinic

pytestmark = pytest.mark.usefixtures("both")


def test_a_preview_names_who_loses_their_time_and_changes_nothing():
    clinic = Clinic()
    late, early = clinic.book(3), clinic.book(1)

    shown = applying.preview(clinic.close(), now=NOON)

    assert [appointment.id for appointment in shown.displaced] == [early.id, late.id]
    assert set(shown.slots) == {slot.id for slot in clinic.session.slots}
    assert status_of(early) is Status.BOOKED
    assert applying.preview(clinic.close(), now=NOON).version == shown.version


@pytest.mark.parametrize("meanwhile", ["a booking", "a cancellation"])
def test_what_came_in_between_makes_the_preview_stale(meanwhile):
    clinic = Clinic()
    first = clinic.book(1)
    shown = applying.preview(clinic.close(), now=NOON)
    if meanwhile == "a booking":
        clinic.book(2)
    else:
        booking.cancel(first, by=clinic.manager, online=False, now=NOON)
    db.session.commit()

    with pytest.raises(NotAsShown):
        applying.apply(clinic.close(), shown.version, by=clinic.manager, now=NOON)

    db.session.rollback()
    again = applying.preview(clinic.close(), now=NOON)
    assert len(again.displaced) == (2 if meanwhile == "a booking" else 0)
    assert clinic.free() != []


def test_closing_keeps_every_booking_in_a_list_that_waits_for_new_times():
    clinic = Clinic()
    lost = [clinic.book(number) for number in (2, 0)]

    clinic.do(clinic.close())

    assert [status_of(appointment) for appointment in lost] == [Status.DISPLACED] * 2
    assert [appointment.id for appointment in new_times.waiting(clinic.centre.id)] == [
        one.id for one in lost
    ]
    assert clinic.free() == []
    assert clinic.session.withdrawn_at == NOON
    for one in lost:
        assert one.booking.reference


def test_a_closed_time_cannot_be_booked_by_anybody():
    clinic = Clinic()
    slots = slots_for(clinic.service, clinic.session.slots[0].id)  # read before it closed
    clinic.do(clinic.close())
    db.session.rollback()

    for channel in (Channel.ONLINE, Channel.DESK):
        wanted = Request(make_child(), clinic.service, slots)
        with pytest.raises(SlotTaken):  # the database's word, not ours
            booking.book([wanted], by=clinic.manager, key="x", channel=channel, now=NOON)
        db.session.rollback()
        now_closed = slots_for(clinic.service, slots[0].id)
        wanted = Request(make_child(), clinic.service, now_closed)
        with pytest.raises(Refused):
            booking.book([wanted], by=clinic.manager, key="x", channel=channel, now=NOON)
        db.session.rollback()


def test_who_is_here_already_stays():
    clinic = Clinic()
    here, coming = clinic.book(0), clinic.book(1)
    now = here.starts_at
    attendance.check_in(here, by=clinic.manager, now=now)
    db.session.commit()

    clinic.do(clinic.close(), now=now)

    assert [status_of(appointment) for appointment in (here, coming)] == [
        Status.ARRIVED,
        Status.DISPLACED,
    ]
    assert (clinic.session.starts_at, clinic.session.ends_at) == (here.starts_at, here.ends_at)
    attendance.finish(here, by=clinic.manager, now=now, note="")


def test_leave_for_some_hours_leaves_the_rest_and_frees_the_room():
    clinic = Clinic()
    lost, kept = clinic.book(0), clinic.book(6)

    clinic.do(clinic.away(time(8), time(10)))

    assert [status_of(appointment) for appointment in (lost, kept)] == [
        Status.DISPLACED,
        Status.BOOKED,
    ]
    assert clinic.session.starts_at == at(TOMORROW, time(10))
    colleague = make_practitioner([clinic.service], centre=clinic.centre)
    make_session(colleague, clinic.room, [clinic.service], opens=time(9), closes=time(10))
    assert broken_promises() == []


def test_a_closed_room_shuts_only_what_is_in_it():
    clinic = Clinic()
    colleague = make_practitioner([clinic.service], centre=clinic.centre)
    other = clinic.open(TOMORROW, practitioner=colleague)

    clinic.do(clinic.close(room=clinic.room))

    assert {slot_time.practitioner_id for slot_time in clinic.free()} == {colleague.id}
    assert other.withdrawn_at is None


def test_fewer_places_keep_who_booked_first():
    clinic = Clinic(capacity=3)
    times = [NOON + timedelta(minutes=n) for n in (2, 0, 1)]
    slot = clinic.session.slots[0]
    third, first, second = (
        make_appointment(service=clinic.service, slot=slot, now=moment) for moment in times
    )

    clinic.do(NewHours(clinic.session, time(9), time(11), capacity=2))

    standing = [status_of(appointment) for appointment in (first, second, third)]
    assert standing == [Status.BOOKED, Status.BOOKED, Status.DISPLACED]
    assert {slot.capacity for slot in clinic.session.slots} == {2}


def test_a_shorter_session_and_more_places():
    clinic = Clinic()
    kept, lost = clinic.book(0), clinic.book(7)

    clinic.do(NewHours(clinic.session, time(9), time(10), capacity=2))

    assert [status_of(appointment) for appointment in (kept, lost)] == [
        Status.BOOKED,
        Status.DISPLACED,
    ]
    assert len(clinic.free()) == 4
    assert clinic.session.ends_at == at(TOMORROW, time(10))


def test_withdrawing_a_session_with_people_in_it():
    clinic = Clinic()
    lost = clinic.book(0)
    clinic.do(withdrawal(clinic.session))
    assert status_of(lost) is Status.DISPLACED
    assert clinic.session.withdrawn_at == NOON


def test_a_held_place_is_lost_kindly():
    clinic = Clinic()
    parent = make_user()
    slots = slots_for(clinic.service, clinic.session.slots[0].id)
    wanted = Request(make_child(parent), clinic.service, slots)
    kept = make_hold(wanted, by=parent, now=NOON)
    db.session.commit()
    clinic.do(clinic.close())

    again = slots_for(clinic.service, kept.slot_id)
    with pytest.raises(Refused) as refused:
        booking.book(
            [Request(wanted.child, clinic.service, again, hold=kept)],
            by=parent,
            key="x",
            channel=Channel.ONLINE,
            now=NOON,
        )
    assert refused.value.objections[0].code == "closed"


def test_ending_a_rule_shuts_what_it_opened_after_that_day(both):
    clinic = Clinic()
    weekly = Weekly((0, 1, 2, 3, 4), time(14), time(16), 30, date(2026, 3, 9))
    rule = rota.add_rule(
        clinic.practitioner, clinic.room, [clinic.service], weekly, by=clinic.manager, now=NOON
    )
    extending.extend([clinic.centre], date(2026, 3, 9), date(2026, 3, 13), now=NOON)
    db.session.commit()

    clinic.do(EndRule(rule, date(2026, 3, 10)))

    live = db.session.query(ClinicSession).filter(
        ClinicSession.rota_rule_id == rule.id, ClinicSession.withdrawn_at.is_(None)
    )
    assert [session.rota_day for session in live] == [date(2026, 3, 9), date(2026, 3, 10)]
    assert (
        extending.extend([clinic.centre], date(2026, 3, 9), date(2026, 3, 20), now=NOON).sessions
        == 0
    )


def test_a_day_that_works_by_another_timetable(both):
    clinic = Clinic()
    saturday = date(2026, 3, 14)
    for weekdays, opens in (((5,), time(9)), ((2,), time(14))):
        weekly = Weekly(weekdays, opens, time(16), 60, date(2026, 3, 9))
        practitioner = make_practitioner([clinic.service], centre=clinic.centre)
        room = make_room(clinic.centre)
        rota.add_rule(practitioner, room, [clinic.service], weekly, by=clinic.manager, now=NOON)
    extending.extend([clinic.centre], saturday, saturday, now=NOON)
    db.session.commit()

    clinic.do(WorksAs(clinic.centre, saturday, 2))
    extending.extend([clinic.centre], saturday, saturday, now=NOON)
    db.session.commit()

    live = db.session.query(ClinicSession).filter(
        ClinicSession.rota_day == saturday, ClinicSession.withdrawn_at.is_(None)
    )
    assert [session.starts_at for session in live] == [at(saturday, time(14))]
    assert broken_promises() == []


def test_hours_that_end_before_they_begin_are_refused():
    clinic = Clinic()
    for change in (clinic.close(time(10), time(9)), clinic.away(time(10), time(10))):
        with pytest.raises(EndsBeforeItBegins):
            applying.preview(change, now=NOON)


def test_the_facts_stay_in_the_row():
    clinic = Clinic()
    lost = clinic.book(0)
    clinic.do(clinic.close())
    row = db.session.get_one(Appointment, lost.id)
    assert (row.displaced_at, row.displaced_by_id) == (NOON, clinic.manager.id)
    assert db.session.get_one(Slot, row.slot_id).closed_at == NOON
