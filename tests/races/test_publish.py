"""A rota is published by two managers at once, and while families book: real processes, both engines."""

from datetime import time, timedelta

from clinic.db import db
from clinic.scheduling.models import Appointment, RotaRule
from clinic.scheduling.rota.models import RotaPublication
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verify import broken_promises
from tests.makes import make_child, make_room, make_user
from tests.promises import drop_promises
from tests.races import publishing
from tests.races.doors import Somebody, let_go
from tests.scheduling.rota.rota_of import NEXT_MONDAY, Rota

TUESDAY = NEXT_MONDAY + timedelta(days=1)


def two_managers(race, how):
    """Both have seen the same draft of new hours, in a room of its own, and publish it."""
    made = Rota()
    made.draft(made.colleague(), make_room(made.centre))
    managers = [
        Somebody(race, publishing.act, how, "publish", make_user().id, made.centre.id) for _ in "ab"
    ]
    for manager in managers:
        manager.hear("ready")
    return managers


def rules_and_publications():
    db.session.rollback()
    return db.session.query(RotaRule).count(), db.session.query(RotaPublication).count()


def test_of_two_managers_one_publishes_and_the_other_hears_of_it(race):
    assert sorted(let_go(two_managers(race, ""))) == ["Overtaken", "done 0 0"]
    assert rules_and_publications() == (2, 1)
    assert broken_promises() == []


def test_its_twin_that_does_not_compare_publishes_over_the_newer(race):
    assert let_go(two_managers(race, "heedless")) == ["done 0 0"] * 2
    assert rules_and_publications() == (2, 2)


def test_its_twin_without_locks_opens_the_hours_twice(postgres_race):
    drop_promises()
    managers = two_managers(postgres_race, "unlocked")
    for manager in managers:
        manager.go()
    for manager in managers:
        manager.hear("checked")  # each has seen that nobody was before
    assert let_go(managers) == ["done 0 0"] * 2
    assert rules_and_publications() == (3, 2)


def families(race, made, numbers):
    """One at the door for each of these quarters of an hour from nine on Tuesday."""
    slots = {number: made.slot(TUESDAY, number=number).id for number in numbers}
    found = [
        Somebody(race, publishing.act, "", "book", make_child(make_user()).id, slot_id)
        for slot_id in slots.values()
    ]
    for somebody in found:
        somebody.hear("ready")
    return found


def publish_while_families_book(race, how):
    """Nine to eleven becomes ten to twelve. Two book after the look, the others at the same moment."""
    made = Rota()
    made.change(opens=time(10), closes=time(12))
    manager = Somebody(race, publishing.act, how, "publish", made.manager.id, made.centre.id)
    manager.hear("ready")
    before, others = families(race, made, (0, 4)), families(race, made, (1, 2, 3, 5, 6, 7))
    assert let_go(before) == ["done"] * 2
    return let_go([manager, *others])


def everybody():
    db.session.rollback()
    return db.session.query(Appointment).order_by(Appointment.id).all()


def test_publishing_while_families_book_loses_nobody_and_surprises_nobody(race):
    published, *booked = publish_while_families_book(race, "patient")

    done, refused, shown = published.split()
    assert (done, int(refused) >= 1) == ("done", True)
    assert set(booked) <= {"done", "Refused", "SlotTaken"}
    visits, publication = everybody(), db.session.query(RotaPublication).one()
    assert len(visits) == 2 + booked.count("done")
    # Who was shown is who is concerned; a family that came after could only refuse itself.
    assert int(shown) == len(publication.kept) + len(publication.lost) == len(visits)
    lost = [visit.id for visit in visits if status_of(visit) is Status.DISPLACED]
    assert lost == sorted(publication.lost)
    assert lost
    assert {status_of(visit) for visit in visits if visit.id in publication.kept} == {Status.BOOKED}
    assert broken_promises() == []


def test_its_twin_that_does_not_compare_takes_times_away_that_nobody_was_shown(race):
    published, *_ = publish_while_families_book(race, "heedless")

    assert published == "done 0 0"  # nobody was shown
    assert [
        appointment for appointment in everybody() if status_of(appointment) is Status.DISPLACED
    ]
