"""Checks, measurements and answers on record, on both engines."""

from datetime import date
from threading import Barrier, Thread

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from clinic.accounts.models import Role, User
from clinic.amounts import How, Kind
from clinic.audit.trail import AuditEvent
from clinic.checkups.check import recording
from clinic.checkups.growth.measuring import Measured, MeasuredBeforeBirth, NotYetMeasured
from clinic.checkups.models import CheckFinding, CheckVisit, EnteredBy, Measurement, ParentHeights
from clinic.clock import clinic_day
from clinic.db import broken_promise, db, in_one_transaction
from clinic.families.models import Child
from clinic.scheduling.models import Appointment
from tests.makes import NOON, make_appointment, make_child, make_service, make_slot, make_user

TODAY = clinic_day(NOON)
TABLES = ("check_visits", "measurements", "screenings", "parent_heights")
pytestmark = pytest.mark.usefixtures("both")


@pytest.fixture
def parent(both):
    return make_user()


@pytest.fixture
def child(parent):
    return make_child(parent)


@pytest.fixture
def appointment(child, parent):
    service = make_service()
    return make_appointment(child, service, make_slot(service), by=parent)


@pytest.fixture
def doctors(appointment):
    return [make_user(Role.CLINICIAN, centre=appointment.centre) for _ in range(2)]


def target_of(appointment):
    return recording.Target(
        appointment.child_id, appointment.centre_id, "M12", TODAY, appointment.id
    )


def weight(grams):
    return Measured(TODAY, Kind.WEIGHT, grams)


def save(appointment, version, grams, by, **found):
    return recording.save_check(
        target_of(appointment), version, [weight(grams)], found, by=by, now=NOON
    )


def live(table):
    return db.session.scalars(select(table).where(table.voided_at.is_(None))).all()


def test_what_is_saved_again_replaces_what_it_changes_and_keeps_the_old_row(appointment, doctors):
    save(appointment, 0, 9200, doctors[0], hip="normal", spine="normal")
    check = save(appointment, 1, 9400, doctors[1], hip="normal")
    db.session.commit()
    assert check.version == 2
    assert check.saved_by_id == doctors[1].id
    assert [measurement.amount for measurement in live(Measurement)] == [9400]
    assert [(finding.code, finding.value) for finding in live(CheckFinding)] == [("hip", "normal")]
    old = db.session.scalars(select(Measurement).where(Measurement.voided_at.is_not(None))).one()
    assert (old.amount, old.voided_by_id) == (9200, doctors[1].id)
    trail = db.session.scalars(
        select(AuditEvent.details).where(AuditEvent.action == "save_check").order_by(AuditEvent.id)
    ).all()
    assert trail == [{"changed": ["hip", "spine", "weight"]}, {"changed": ["spine", "weight"]}]


@pytest.mark.parametrize("stale", [0, 1, 3])
def test_another_version_is_refused_and_changes_nothing(appointment, doctors, stale):
    save(appointment, 0, 9200, doctors[0])
    save(appointment, 1, 9300, doctors[0])
    db.session.commit()
    with pytest.raises(recording.SavedMeanwhile):
        save(appointment, stale, 9900, doctors[1])
    db.session.rollback()
    assert [measurement.amount for measurement in live(Measurement)] == [9300]
    assert db.session.scalars(select(CheckVisit.version)).all() == [2]


@pytest.mark.parametrize("version", [0, 1])
def test_of_two_who_save_at_the_same_moment_one_is_told(both, appointment, doctors, version):
    if version:
        save(appointment, 0, 9000, doctors[0])
    ids = [doctor.id for doctor in doctors]
    appointment_id = appointment.id
    db.session.commit()
    barrier, ends = Barrier(2), {}

    def work(doctor_id, grams):
        with both.app_context():
            doctor = db.session.get(User, doctor_id)
            mine = db.session.get(Appointment, appointment_id)
            db.session.rollback()
            barrier.wait(20)
            try:
                in_one_transaction(lambda: save(mine, version, grams, doctor))
                ends[grams] = "saved"
            except recording.SavedMeanwhile:
                ends[grams] = "told"
            finally:
                db.session.rollback()
                db.session.remove()

    threads = [Thread(target=work, args=pair) for pair in zip(ids, (9200, 9400), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(ends.values()) == ["saved", "told"]
    winner = next(grams for grams, end in ends.items() if end == "saved")
    assert [measurement.amount for measurement in live(Measurement)] == [winner]
    assert db.session.scalars(select(CheckVisit.version)).all() == [version + 1]


def test_a_finished_check_is_a_finished_appointment(appointment, doctors, child):
    now = appointment.starts_at
    check = save(appointment, 0, 9200, doctors[0])
    for _ in range(2):
        recording.finish_check(check, appointment, by=doctors[0], now=now, note="well")
    db.session.commit()
    assert (check.finished_at, appointment.done_at, appointment.note) == (now, now, "well")


def test_home_measurements_are_taken_whole_or_not_at_all(child, parent):
    for bad, error in (
        (date(2025, 1, 31), MeasuredBeforeBirth),
        (date(2026, 3, 3), NotYetMeasured),
    ):
        entries = [weight(9000), Measured(bad, Kind.LENGTH, 720)]
        with pytest.raises(error):
            recording.measure_at_home(child, entries, by=parent, now=NOON)
        db.session.rollback()
    assert live(Measurement) == []
    (row,) = recording.measure_at_home(child, [weight(9000)], by=parent, now=NOON)
    db.session.commit()
    with pytest.raises(recording.MeasuredTwice):
        recording.measure_at_home(child, [weight(9100)], by=parent, now=NOON)
    db.session.rollback()
    recording.take_back(row, by=parent, now=NOON)
    recording.measure_at_home(child, [weight(9100)], by=parent, now=NOON)
    db.session.commit()
    assert [(measurement.amount, measurement.source) for measurement in live(Measurement)] == [
        (9100, EnteredBy.PARENT)
    ]


def test_a_family_cannot_take_back_what_the_clinic_measured(appointment, doctors, parent):
    save(appointment, 0, 9200, doctors[0])
    with pytest.raises(recording.NotYourCheck):
        recording.take_back(live(Measurement)[0], by=parent, now=NOON)


def test_parents_heights_are_one_row(child, parent):
    for mother in (1600, 1620):
        recording.set_parent_heights(child, mother, 1750, by=parent, now=NOON)
    db.session.commit()
    assert [
        parent_heights.mother_mm for parent_heights in db.session.scalars(select(ParentHeights))
    ] == [1620]


REFUSED = {
    "UPDATE measurements SET amount = 200001": "ck_measurements_plausible",
    "UPDATE measurements SET kind = 'head', amount = 4500": "ck_measurements_plausible",
    "UPDATE measurements SET kind = 'bmi'": "ck_measurements_plausible",
    "UPDATE measurements SET how = 'lying'": "ck_measurements_how",
    "UPDATE measurements SET kind = 'length', amount = 700, how = 'sitting'": (
        "ck_measurements_how_known"
    ),
    "UPDATE measurements SET source = 'parent'": "ck_measurements_source",
    "UPDATE measurements SET voided_at = entered_at": "ck_measurements_voided",
    "UPDATE check_visits SET finished_at = saved_at": "ck_check_visits_finished",
    "UPDATE check_visits SET version = 0": "ck_check_visits_version",
    "UPDATE screenings SET value = ''": "ck_screenings_not_empty",
    "UPDATE parent_heights SET mother_mm = 162": "ck_parent_heights_mother",
    "UPDATE parent_heights SET father_mm = 175": "ck_parent_heights_father",
}


@pytest.mark.parametrize("statement", REFUSED)
def test_the_database_refuses(appointment, doctors, statement):
    child = db.session.get(Child, appointment.child_id)
    save(appointment, 0, 9200, doctors[0], hip="normal")
    recording.set_parent_heights(child, 1620, 1750, by=doctors[0], now=NOON)
    db.session.commit()
    with pytest.raises(IntegrityError) as error:
        db.session.execute(text(statement))
    assert REFUSED[statement] in broken_promise(error.value)
    db.session.rollback()


def test_how_is_kept_with_a_length(appointment, doctors):
    lying = Measured(TODAY, Kind.LENGTH, 720, How.LYING)
    recording.save_check(target_of(appointment), 0, [lying], {}, by=doctors[0], now=NOON)
    standing = Measured(TODAY, Kind.LENGTH, 720, How.STANDING)
    recording.save_check(target_of(appointment), 1, [standing], {}, by=doctors[0], now=NOON)
    assert [measurement.how for measurement in live(Measurement)] == [How.STANDING]
