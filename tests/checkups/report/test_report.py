"""The report of a finished check: whole, kind, and only for those whom it concerns."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select

from clinic.accounts.models import Role
from clinic.amounts import How, Kind
from clinic.audit.trail import AuditEvent
from clinic.checkups.check import recording
from clinic.checkups.check.recording import Target
from clinic.checkups.growth.measuring import Measured
from clinic.checkups.models import CheckVisit
from clinic.clock import at
from clinic.db import db
from clinic.scheduling.appointments import booking
from tests.makes import (
    NOON,
    make_appointment,
    make_centre,
    make_child,
    make_guardianship,
    make_practitioner,
    make_service,
    make_slot,
    make_user,
)
from tests.pages import words_of
from tests.queries import count_queries

ENGLISH = {"Accept-Language": "en"}
ON = date(2026, 2, 2)  # a girl of 2025-02-01 is a year and a day
MEASURED = [
    Measured(ON, Kind.WEIGHT, 9400),
    Measured(ON, Kind.LENGTH, 750, How.LYING),
    Measured(ON, Kind.HAEMOGLOBIN, 118),
]
FOUND = {
    "physical_exam": "normal",
    "eye_check": "abnormal",
    "eye_check-note": "左眼分泌物",
    "sign-1": "no",
    "sign-2": "no",
    "note": "只给同事看",
}


@pytest.fixture
def centre(app, noon):
    return make_centre()


@pytest.fixture
def parent(centre):
    return make_user()


@pytest.fixture
def child(parent):
    return make_child(parent)


def a_check(child, centre, *, on=ON, visit="M12", measured=MEASURED, found=FOUND, finished=True):
    by, now = make_user(), at(on, NOON.time())
    target = Target(child.id, centre.id, visit, on)
    check = recording.save_check(target, 0, measured, found, by=by, now=now)
    if finished:
        check.finished_at, check.finished_by_id = now, by.id
    db.session.commit()
    return check


def comes_tomorrow(child, centre):
    """A visit near, by which the centre's staff may see the child's record."""
    service = make_service("checkups", code="health-check")
    slot = make_slot(service, practitioner=make_practitioner([service], centre=centre))
    make_appointment(child, service, slot, by=make_user())


def url(check):
    return f"/checkups/checks/{check.id}/report"


def test_it_holds_what_was_measured_found_and_advised(client, parent, child, centre):
    check = a_check(child, centre)
    page = client.sign_in(parent).get(url(check), headers=ENGLISH).text
    rows = page.split("<tbody>")[1].split("</tbody>")[0]
    for value in ("9.4 kg", "75.0 cm", "118 g/L"):
        assert value in rows
    assert "左眼分泌物" in page
    assert "none seen" in page
    assert "Clean from" not in page  # the advice of a younger age
    assert "Move towards the family" in page  # that of twelve months
    assert "只给同事看" not in page
    assert page.count('<svg class="growth-svg"') == 3
    assert "18-month check" in page  # the next


@pytest.mark.parametrize(
    ("today", "said"),
    [  # the days of the next check begin on 1 August; times open fourteen days ahead
        (date(2026, 7, 17), "Times for it can be booked from Saturday 18 July 2026 on."),
        (date(2026, 7, 18), 'href="/checkups/?child={child}&amp;day=2026-08-01"'),
        (date(2026, 8, 20), 'href="/checkups/?child={child}&amp;day=2026-08-20"'),
    ],
)
def test_the_next_check_is_offered_when_its_times_are_open(
    client, parent, child, centre, today, said
):
    check = a_check(child, centre)
    with time_machine.travel(at(today, NOON.time()), tick=False):
        page = client.sign_in(parent).get(url(check), headers=ENGLISH).text
    assert said.format(child=child.id) in page
    assert ("/checkups/?child" in page) == said.startswith("href")


def test_a_next_check_that_is_booked_is_not_offered_again(client, parent, child, centre):
    service = make_service("checkups", code="health-check")
    day = date(2026, 8, 3)
    eve = at(day - timedelta(days=1), NOON.time())
    visit = make_appointment(child, service, make_slot(service, day=day), by=parent, now=eve)
    check = a_check(child, centre)
    with time_machine.travel(eve, tick=False):
        page = client.sign_in(parent).get(url(check), headers=ENGLISH).text
        assert "Booked for Monday 3 August 2026" in page
        assert "/checkups/?child" not in page
        booking.cancel(visit, by=parent, online=True, now=eve)
        db.session.commit()
        assert "/checkups/?child" in client.get(url(check), headers=ENGLISH).text


def test_it_is_there_in_chinese(client, parent, child, centre):
    page = client.sign_in(parent).get(url(a_check(child, centre))).text
    assert "健康检查报告" in page
    assert "12月龄健康" in page
    assert "左眼分泌物" in page


def test_later_measurements_are_not_in_it(client, parent, child, centre):
    check = a_check(child, centre)
    later = [Measured(date(2026, 3, 1), Kind.WEIGHT, 9900)]
    recording.measure_at_home(child, later, by=parent, now=NOON)
    db.session.commit()
    page = client.sign_in(parent).get(url(check)).text
    assert page.count('class="growth-dot"') == 3  # weight, length, weight for length
    assert "9.9 kg" not in page


def test_a_sign_that_was_seen_is_said_gently_and_offers_an_assessment(
    client, parent, child, centre
):
    service = make_service("rehab", code="rehab-assessment", name_en="An assessment")
    make_practitioner([service])
    check = a_check(child, centre, found={"sign-1": "yes", "sign-2": "no", "referral": "agreed"})
    page = client.sign_in(parent).get(url(check), headers=ENGLISH).text
    assert "A sign is a reason to look again, not a diagnosis." in page
    assert f'href="/rehab/?child={child.id}&amp;service={service.id}"' in page


def test_without_such_a_service_nothing_is_offered(client, parent, child, centre):
    make_service("rehab", code="rehab-assessment")  # no centre has it
    check = a_check(child, centre, found={"sign-1": "yes", "referral": "agreed"})
    assert "/rehab/" not in client.sign_in(parent).get(url(check)).text


def test_crossed_lines_are_for_the_clinician_alone(client, parent, child, centre):
    a_check(
        child,
        centre,
        on=date(2025, 8, 5),
        visit="M6",
        measured=[Measured(date(2025, 8, 5), Kind.WEIGHT, 8500)],
    )
    check = a_check(child, centre, measured=[Measured(ON, Kind.WEIGHT, 8400)])
    comes_tomorrow(child, centre)
    clinician = make_user(Role.CLINICIAN, centre=centre)
    page = client.sign_in(clinician).get(url(check), headers=ENGLISH).text
    assert "two or more main percentile lines were crossed" in page
    assert "Weight: lines crossed downward" in words_of(page)
    page = client.sign_in(parent).get(url(check), headers=ENGLISH).text
    assert "crossed" not in page


def test_who_may_read_it(client, parent, child, centre):
    check = a_check(child, centre)
    comes_tomorrow(child, centre)
    father = make_user()
    make_guardianship(father, child)
    left = make_user()
    make_guardianship(left, child, revoked_at=NOON, revoked_by_id=parent.id)
    for user, status in (
        (parent, 200),
        (father, 200),
        (left, 404),
        (make_user(), 404),
        (make_user(Role.CLINICIAN, centre=centre), 200),
        (make_user(Role.RECEPTION, centre=centre), 403),
        (make_user(Role.CLINICIAN, centre=make_centre()), 404),
        (make_user(Role.MANAGER, centre=centre), 403),
    ):
        assert client.sign_in(user).get(url(check)).status_code == status


def test_staff_who_read_it_are_written_down(client, parent, child, centre):
    check = a_check(child, centre)
    comes_tomorrow(child, centre)
    clinician = make_user(Role.CLINICIAN, centre=centre)
    for user in (parent, clinician):
        client.sign_in(user).get(url(check))
    db.session.rollback()  # they are written in a transaction of their own
    reads = select(AuditEvent.actor_id).where(
        AuditEvent.action == "read", AuditEvent.subject_id == child.id
    )
    assert db.session.scalars(reads).all() == [clinician.id]


def test_an_unfinished_check_has_no_report(client, parent, child, centre):
    check = a_check(child, centre, finished=False)
    assert client.sign_in(parent).get(url(check)).status_code == 404


def test_it_is_found_by_its_appointment_too(client, parent, child, centre):
    service = make_service("checkups", code="health-check")
    visit = make_appointment(child, service, make_slot(service), by=parent)
    check = a_check(child, centre)
    there = f"/checkups/visits/{visit.id}/report"
    assert client.sign_in(parent).get(there).status_code == 404
    check = db.session.get(CheckVisit, check.id)
    check.appointment_id = visit.id
    db.session.commit()
    assert client.get(there).text.count('<svg class="growth-svg"') == 3
    assert client.sign_in(make_user()).get(there).status_code == 404


def test_as_many_queries_for_thirty_measurements_as_for_one(client, parent, child, centre):
    check = a_check(child, centre, measured=[Measured(ON, Kind.WEIGHT, 9400)])
    client.sign_in(parent)
    one = count_queries(lambda: client.get(url(check)))
    for days in range(1, 30):
        home = [Measured(ON - timedelta(days=days), Kind.WEIGHT, 9400 - 10 * days)]
        recording.measure_at_home(child, home, by=parent, now=NOON)
    db.session.commit()
    assert count_queries(lambda: client.get(url(check))) == one


def test_the_growth_page_lists_the_reports(client, parent, child, centre):
    check = a_check(child, centre)
    a_check(child, centre, on=date(2026, 2, 20), visit="M18", finished=False)
    page = client.sign_in(parent).get(f"/checkups/children/{child.id}/growth").text
    assert page.count('/report"') == 1
    assert f'href="{url(check)}"' in page
