"""Several at once: siblings, a check and then a vaccination, courses, whoever is free."""

from datetime import time

import pytest

from clinic.db import db
from clinic.scheduling.appointments import anyone, booking, holding
from clinic.scheduling.models import Appointment, Hold, Slot
from clinic.scheduling.verdict.request import ChildBusy, Refused, Request, SamePlaceTwice, SlotTaken
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from tests.makes import (
    NOON,
    make_appointment,
    make_centre,
    make_child,
    make_hold,
    make_service,
    make_user,
)
from tests.scheduling.search.together import book, clocks, find, practitioner_slots, team, wanted

pytestmark = [pytest.mark.usefixtures("both"), pytest.mark.heavy("families of several children")]


def siblings(number=2):
    parent = make_user()
    service = make_service()
    return parent, service, [Request(make_child(parent), service) for _ in range(number)]


def test_siblings_come_back_to_back_with_the_same_practitioner():
    _, service, wishes = siblings()
    practitioner = team(service)
    colleague = team(service, centre=practitioner.centre)

    found = find(wishes, practitioner)

    assert clocks(found[0]) == ["09:00", "09:15"]
    for visit in found:
        a, b = visit.offers
        assert a.practitioner_id == b.practitioner_id
    assert {trip.offers[0].practitioner_id for trip in found} == {practitioner.id, colleague.id}


def test_siblings_share_a_slot_that_has_places_for_them():
    parent, service, wishes = siblings(3)
    practitioner = team(service, slot_minutes=30, capacity=3)
    visit = find(wishes, practitioner)[0]
    assert clocks(visit) == ["09:00"] * 3
    made = book([wanted(w, o) for w, o in zip(wishes, visit.offers, strict=True)], parent)
    assert len(made.appointments) == 3

    more = [Request(make_child(), service) for _ in range(2)]
    assert clocks(find(more, practitioner)[0]) == ["09:30", "09:30"]


def test_a_slot_with_one_place_left_is_not_shared():
    _, service, wishes = siblings()
    practitioner = team(service, slot_minutes=30, capacity=2)
    first = practitioner_slots(practitioner)[0]
    make_appointment(service=service, slot=first)
    assert clocks(find(wishes, practitioner)[0]) == ["09:00", "09:30"]


def test_a_check_and_then_a_vaccination_in_one_visit():
    check = make_service(kind="checkups", minutes=30)
    vaccination = make_service(kind="vaccination")
    checker = team(check, opens=time(10), closes=time(12))
    nurse = team(vaccination, centre=checker.centre, closes=time(11))
    child = make_child()

    found = find([Request(child, check), Request(child, vaccination)], checker)

    assert [clocks(one) for one in found] == [["10:00", "10:30"], ["10:15", "10:45"]]
    assert {trip.offers[1].practitioner_id for trip in found} == {nurse.id}


def test_nothing_follows_later_than_half_an_hour_or_at_another_centre():
    check, vaccination = make_service(), make_service()
    checker = team(check, closes=time(9, 15))
    team(vaccination)
    team(vaccination, centre=checker.centre, opens=time(9, 50), closes=time(11))
    child = make_child()
    wishes = [Request(child, check), Request(child, vaccination)]
    assert find(wishes, checker) == []


def test_the_nearest_room_is_preferred_to_a_far_one():
    first, second = make_service(), make_service()
    centre = make_centre()
    team(first, centre=centre)
    near = team(second, centre=centre)
    team(second, centre=centre)
    child = make_child()
    found = find([Request(child, first), Request(child, second)], near)
    assert {trip.offers[1].practitioner_id for trip in found} == {near.id}


def test_a_list_is_booked_whole_or_not_at_all():
    parent, service, wishes = siblings()
    practitioner = team(service)
    visit = find(wishes, practitioner)[0]
    items = [wanted(w, o) for w, o in zip(wishes, visit.offers, strict=True)]
    make_appointment(service=service, slot=db.session.get_one(Slot, visit.offers[1].slot_id))

    with pytest.raises(SlotTaken):
        book(items, parent)

    db.session.rollback()
    assert db.session.query(Appointment).count() == 1
    assert db.session.get_one(Slot, visit.offers[0].slot_id).taken == 0


def test_the_same_time_twice_for_one_child_is_refused():
    parent, service, wishes = siblings()
    practitioner = team(service, capacity=5)
    offer = find(wishes[:1], practitioner)[0].offers[0]
    with pytest.raises(SamePlaceTwice):
        book([wanted(wishes[0], offer), wanted(wishes[0], offer)], parent)
    db.session.rollback()
    colleague = team(service, centre=practitioner.centre)
    same_time = wanted(wishes[0], find(wishes[:1], colleague)[1].offers[0])
    with pytest.raises((ChildBusy, Refused)):
        book([wanted(wishes[0], offer), same_time], parent)
    db.session.rollback()
    assert db.session.query(Appointment).count() == 0


def test_several_holds_are_one_decision():
    parent, service, wishes = siblings()
    practitioner = team(service)
    visit = find(wishes, practitioner)[0]
    items = [wanted(w, o) for w, o in zip(wishes, visit.offers, strict=True)]

    lead = make_hold(*items, by=parent, now=NOON)
    db.session.commit()
    group = holding.group_of(lead)
    assert [hold.child_id for hold in group] == [wish.child.id for wish in wishes]
    again = make_hold(*items, by=parent, now=NOON)
    db.session.commit()
    group = holding.group_of(again)
    assert db.session.query(Hold).count() == 2

    kept = [wanted(w, o, hold=h) for w, o, h in zip(wishes, visit.offers, group, strict=True)]
    made = book(kept, parent)
    assert len(made.appointments) == 2

    booking.cancel(made.appointments[0], by=parent, online=True, now=NOON)
    db.session.commit()
    assert made.appointments[1].cancelled_at is None
    assert broken_promises() == []


def test_dropping_one_hold_of_a_group_drops_all():
    parent, service, wishes = siblings()
    practitioner = team(service)
    visit = find(wishes, practitioner)[0]
    items = [wanted(w, o) for w, o in zip(wishes, visit.offers, strict=True)]
    lead = make_hold(*items, by=parent, now=NOON)
    db.session.commit()
    holding.give_up(lead, now=NOON)
    db.session.commit()
    assert db.session.query(Hold).count() == 0
    assert len(find(wishes[:1], practitioner)) == 8


def test_whoever_is_free_is_fairly_spread():
    service = make_service()
    first = team(service)
    for _ in range(2):
        team(service, centre=first.centre)
    slot_id = practitioner_slots(first)[0].id
    got = []
    for _ in range(3):
        chosen = anyone.whoever_is_free(service, slot_id, now=NOON)[0]
        item = Request(make_child(), service, slots_for(service, chosen))
        got.append(book([item]).appointments[0].practitioner_id)
    assert len(set(got)) == 3
    # Everybody is taken at nine; at a quarter past the one with least to do is asked first.
    busy = practitioner_slots(first)[1:4]
    for slot in busy[1:]:
        make_appointment(service=service, slot=slot)
    chosen = anyone.whoever_is_free(service, busy[0].id, now=NOON)[0]
    assert db.session.get_one(Slot, chosen).practitioner_id != first.id


def test_when_nobody_is_free_the_asked_one_says_so():
    service = make_service()
    first = team(service)
    slot = practitioner_slots(first)[0]
    make_appointment(service=service, slot=slot)
    assert anyone.whoever_is_free(service, slot.id, now=NOON) == [slot.id]
