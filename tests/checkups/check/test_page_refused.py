"""Whose check it is, when it can be written, and what a page that was tampered with does."""

from datetime import date

import pytest
import time_machine

from clinic.accounts.models import Role
from clinic.checkups.check import recording
from clinic.db import db
from clinic.scheduling.appointments import booking
from tests.checkups.at_the_check import ON_THE_DAY, Day, hidden
from tests.checkups.check.posting import kept, post
from tests.makes import NOON, make_appointment, make_centre, make_user

pytestmark = pytest.mark.usefixtures("on_the_day")

SAVE, FINISH, LOOK = ({"action": one} for one in ("save", "finish", "look"))


@pytest.mark.parametrize("base", ["", "[]", "{", '{"weight": 9, "else": "x"}', '{"weight": null}'])
def test_a_page_that_was_tampered_with_harms_nobody(doctor, day, base):
    sent = {"base": base, "version": "x", "clashes": "else,weight", "weight": "9.2"}
    assert doctor.post(day.page, data=sent).status_code == 303
    assert kept() == {"weight": 9200}


def test_only_clinicians_of_the_centre(client, day):
    for user, status in (
        (make_user(Role.CLINICIAN, centre=make_centre()), 404),
        (make_user(Role.RECEPTION, centre=day.practitioner.centre), 403),
        (make_user(Role.MANAGER, centre=day.practitioner.centre), 403),
        (day.parent, 403),
        (day.other, 200),
    ):
        client.sign_in(user)
        assert client.get(day.page).status_code == status
        if status != 200:
            assert client.post(day.page, data={"weight": "9.2"}).status_code == status
    assert kept() == {}


def test_another_service_has_no_such_page(client, app):
    visit = make_appointment()
    doctor = make_user(Role.CLINICIAN, centre=visit.centre)
    assert client.sign_in(doctor).get(f"/checkups/visits/{visit.id}").status_code == 404


def test_a_cancelled_visit_records_nothing(doctor, day):
    page = hidden(doctor.get(day.page).text)
    db.session.rollback()
    booking.cancel(day.visit, by=day.parent, online=False, now=ON_THE_DAY)
    answer = doctor.post(day.page, data=page | {"weight": "9.2"})
    assert answer.status_code == 422
    assert "This visit did not take place." in answer.text
    assert kept() == {}


def test_a_check_is_not_saved_before_its_day(client, day):
    with time_machine.travel(NOON, tick=False):
        client.sign_in(day.doctor)
        answer = post(client, day, SAVE, weight="9.2")
    assert answer.status_code == 422
    assert kept() == {}


def test_a_check_before_its_age_says_so(client, app):
    day = Day(born=date(2026, 1, 20))
    for visit, on in (("NB", date(2026, 1, 25)), ("M1", date(2026, 2, 18))):
        check = recording.save_check(
            recording.Target(day.child.id, day.visit.centre_id, visit, on),
            0,
            [],
            {},
            by=day.doctor,
            now=NOON,
        )
        check.finished_at, check.finished_by_id = NOON, day.doctor.id
    db.session.commit()
    shown = client.sign_in(day.doctor).get(day.page).text
    assert "This check is meant from Monday 20 April 2026 on" in shown
