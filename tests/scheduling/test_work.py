"""The worker's round: what cannot be done is told and counted, and stops nothing else."""

import logging
from datetime import time, timedelta

import pytest
from sqlalchemy import func, select

from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.models import ClinicSession, Hold
from clinic.scheduling.policies.stored import set_policy
from clinic.scheduling.timetable import extending, rota
from clinic.scheduling.timetable.opening import RoomBusy
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.waitlist import joining
from clinic.scheduling.waitlist.finding import Finder
from clinic.scheduling.work import work
from tests.makes import (
    NOON,
    TOMORROW,
    make_child,
    make_practitioner,
    make_room,
    make_service,
    make_slot,
    make_user,
)

pytestmark = pytest.mark.usefixtures("both")


def wait(service, centre):
    parent = make_user()
    entry = joining.join(
        parent,
        [make_child(parent)],
        service,
        [centre],
        weekdays=range(7),
        parts=["morning"],
        first_day=TOMORROW,
        last_day=TOMORROW,
        now=NOON,
    )
    db.session.commit()
    return entry


def test_one_family_that_cannot_be_served_does_not_stop_the_others(monkeypatch, caplog):
    service = make_service()
    slot = make_slot(service)
    first, second = wait(service, slot.centre), wait(service, slot.centre)
    poisonous, trips = first.id, Finder.trips

    def find(finder, entry):
        if entry.id == poisonous:
            raise RoomBusy(day=TOMORROW)
        return trips(finder, entry)

    monkeypatch.setattr(Finder, "trips", find)
    with caplog.at_level(logging.WARNING):
        done = work(now=NOON)

    assert (done.offered, done.errors) == (1, 1)
    assert db.session.query(Hold).one().entry_id == second.id
    assert [record.getMessage() for record in caplog.records] == [f"look for {poisonous}: RoomBusy"]


def test_one_centre_that_cannot_be_extended_does_not_stop_the_others(monkeypatch):
    service, rules = make_service(), []
    for _ in range(3):
        practitioner = make_practitioner([service])
        weekly = Weekly((1,), time(9), time(10), 15, TOMORROW, TOMORROW + timedelta(days=6))
        room = make_room(practitioner.centre)
        rules.append(rota.add_rule(practitioner, room, [service], weekly, by=make_user(), now=NOON))
    db.session.commit()
    poisonous, real = rules[1].centre_id, extending.extend

    def extend(centres, *days, now):
        done = real(centres, *days, now=now)
        if poisonous in [centre.id for centre in centres]:
            raise RoomBusy(day=TOMORROW)
        return done

    monkeypatch.setattr(extending, "extend", extend)
    done = work(now=NOON)

    assert (done.sessions, done.errors) == (2, 1)
    opened = {session.centre_id for session in db.session.query(ClinicSession)}
    assert opened == {rules[0].centre_id, rules[2].centre_id}


def test_sessions_are_made_as_far_as_any_service_opens_online():
    practitioner = make_practitioner([service := make_service()])
    room, hours = make_room(practitioner.centre), Weekly((0,), time(8), time(9), 15, TOMORROW)
    rota.add_rule(practitioner, room, [service], hours, by=make_user(), now=NOON)
    work(now=NOON)
    assert _last_day() <= NOON.date() + extending.HORIZON
    set_policy({"release_days": 60}, service=service, centre=None, by=None, now=NOON)
    work(now=NOON)
    assert NOON.date() + timedelta(days=53) < _last_day() <= NOON.date() + timedelta(days=60)


def _last_day():
    return clinic_day(db.session.scalar(select(func.max(ClinicSession.starts_at))))
