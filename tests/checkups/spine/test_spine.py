"""Spine screening at school age: what follows from the angles, the clinician's page, the family's offer."""

from datetime import date

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from clinic import clock
from clinic.accounts.models import Role
from clinic.checkups.due.plan import dues_of
from clinic.checkups.models import CheckVisit
from clinic.checkups.spine.rules import SITES, outcome, read
from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.models import Appointment
from tests.checkups.at_the_check import ON_THE_DAY
from tests.makes import NOON, make_centre, make_child, make_slot, make_user
from tests.pages import values
from tests.world import World

ON = date(2026, 3, 3)
EVEN = {"bend": "normal", "atr-upper": "2", "atr-middle": "0", "atr-lower": "3"}


@pytest.mark.parametrize(
    ("change", "code", "again_on"),
    [
        ({}, "fine", date(2027, 3, 3)),
        ({"atr-lower": "4"}, "fine", date(2027, 3, 3)),
        ({"bend": "abnormal"}, "again", date(2026, 9, 3)),
        ({"atr-upper": "5"}, "again", date(2026, 9, 3)),
        ({"atr-middle": "6", "bend": "abnormal"}, "again", date(2026, 9, 3)),
        ({"atr-lower": "7"}, "refer", None),
        ({"atr-upper": "30", "bend": "abnormal"}, "refer", None),
    ],
)
def test_the_widest_angle_decides(change, code, again_on):
    found = outcome(EVEN | change, ON)
    assert (found.code, found.again_on) == (code, again_on)
    assert found.said


@given(st.sampled_from([*SITES]), st.integers(0, 29), st.sampled_from(["normal", "abnormal"]))
def test_a_wider_angle_is_never_less_serious(site, degrees, bend):
    rank = ["fine", "again", "refer"]
    less, more = (
        rank.index(outcome(EVEN | {site: str(n), "bend": bend}, ON).code)
        for n in (degrees, degrees + 1)
    )
    assert less <= more


@pytest.mark.parametrize("text", ["5", "５", "05", "5.0", " 5 "])
def test_an_angle_as_it_is_typed(text):
    assert read(EVEN | {"atr-middle": text})[0]["atr-middle"] == "5"


@pytest.mark.parametrize("text", ["", "-1", "31", "5.5", "five", "100", "5°", "5\u200b"])
def test_what_is_no_angle_is_refused(text):
    found, errors = read(EVEN | {"atr-middle": text})
    assert set(errors) == {"atr-middle"}
    assert "atr-middle" not in found


@pytest.fixture(autouse=True)
def now(client):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    with time_machine.travel(ON_THE_DAY, tick=False):
        yield


class School(World):
    """A child of eight at its screening, its parent, and two clinicians of the centre."""

    def __init__(self):
        super().__init__("checkups", code="spine-screening", hours={})
        self.child = make_child(self.parent, birth_date=date(2018, 1, 1))
        self.visit = self.book(child=self.child, by=self.parent)
        self.doctor, self.other = self.clinician, self.staff(Role.CLINICIAN)
        self.page = f"/checkups/spine/{self.visit.id}"
        self.growth = f"/checkups/children/{self.child.id}/growth"


@pytest.fixture
def school(app):
    return School()


def kept():
    db.session.expire_all()
    return [
        (check_visit.visit, check_visit.version, check_visit.finished_at)
        for check_visit in db.session.query(CheckVisit)
    ]


def test_a_screening_is_kept_and_the_next_look_is_booked_from_it(client, school):
    make_slot(school.service, practitioner=school.practitioner, day=date(2026, 9, 5))
    db.session.commit()
    client.sign_in(school.doctor)
    assert school.page in client.get(f"/calendar/appointments/{school.visit.id}").text
    assert client.post(school.page, data=EVEN | {"atr-upper": "5", "version": "0"}).location
    assert kept() == [("SP", 1, ON_THE_DAY)]
    assert db.session.get_one(Appointment, school.visit.id).done_at == ON_THE_DAY
    shown = client.get(school.page).text
    assert "it will be checked again soon" in shown
    (link,) = values(shown, 'a[href*="/follow-up"][href$="day=2026-09-03"]', "href")
    assert client.get(link).status_code == 200
    # It is none of the thirteen checks: no report, nothing of it in the schedule.
    assert client.get(f"/checkups/visits/{school.visit.id}/report").status_code == 404
    assert client.get(f"/checkups/visits/{school.visit.id}").status_code == 404
    assert dues_of([school.child], ON)[school.child.id].check_age is None


@pytest.mark.parametrize(
    ("day", "text", "is_offered"),
    [
        (ON, "Check again from Thursday 3 September 2026.", False),
        (date(2026, 9, 2), "Check again from", False),
        (date(2026, 9, 3), "It is time to check the spine again", True),
    ],
)
def test_the_family_reads_the_result_and_is_offered_the_next_look(
    client, school, day, text, is_offered
):
    offer = f'href="/checkups/?child={school.child.id}&amp;service={school.service.id}"'
    before = client.sign_in(school.parent).get(school.growth).text
    assert "finds a curve early" in before
    assert offer in before
    client.sign_in(school.doctor).post(school.page, data=EVEN | {"atr-upper": "6"})
    client.sign_in(school.parent)
    with time_machine.travel(ON_THE_DAY + (day - ON), tick=False):
        client.sign_in(school.parent)
        page = client.get(school.growth).text
    assert text in page
    assert (offer in page) == is_offered


@pytest.mark.parametrize(
    ("change", "bad", "sentence"),
    [
        ({"bend": ""}, "bend", "Still empty."),
        ({"bend": "maybe"}, "bend", "Choose one of these."),
        ({"atr-lower": "45"}, "atr-lower", "Enter whole degrees from 0 to 30."),
        ({"bend": "abnormal"}, "note", "Write down the result."),
        ({"note": "x" * 301}, "note", "Please keep it to 300 characters."),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(client, school, change, bad, sentence):
    answer = client.sign_in(school.doctor).post(school.page, data=EVEN | change)
    assert answer.status_code == 422
    assert f'href="#{bad}"' in answer.text
    assert f'<p class="error" id="{bad}-error">{sentence}</p>' in answer.text
    assert 'value="2"' in answer.text  # what was typed is still there
    assert kept() == []


def test_the_second_of_two_doctors_sees_what_the_first_saved(client, school):
    client.sign_in(school.doctor).post(school.page, data=EVEN | {"version": "0"})
    mine = EVEN | {"atr-upper": "9", "version": "0"}
    answer = client.sign_in(school.other).post(school.page, data=mine)
    assert answer.status_code == 409
    assert answer.text.count("Saved meanwhile: <b>") == 1
    assert "Saved meanwhile: <b>2</b>" in answer.text
    assert 'value="9"' in answer.text
    (version,) = values(answer.text, "[name=version]", "value")
    assert client.post(school.page, data=mine | {"version": version}).status_code == 303
    assert kept()[0][1] == 2
    assert "specialist" in client.get(school.page).text


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30])
def test_a_version_that_is_none_is_that_of_a_fresh_page(client, school, version):
    sent = EVEN | {"version": version}
    assert client.sign_in(school.doctor).post(school.page, data=sent).status_code == 303
    assert client.post(school.page, data=sent).status_code == 409


def test_who_may_open_it(client, school):
    centre = school.practitioner.centre
    for user, status in (
        (school.other, 200),
        (school.parent, 403),
        (make_user(Role.RECEPTION, centre=centre), 403),
        (make_user(Role.CLINICIAN, centre=make_centre()), 404),
    ):
        assert client.sign_in(user).get(school.page).status_code == status


def test_what_did_not_take_place_or_lies_ahead_is_not_kept(client, school):
    client.sign_in(school.doctor)
    with time_machine.travel(NOON, tick=False):
        client.sign_in(school.doctor)
        assert client.post(school.page, data=EVEN).status_code == 422
    booking.cancel(school.visit, by=school.parent, online=False, now=clock.now())
    db.session.commit()
    answer = client.sign_in(school.doctor).post(school.page, data=EVEN)
    assert answer.status_code == 422
    assert "This visit did not take place." in answer.text
    assert kept() == []


def test_in_chinese(client, school):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "zh"
    client.sign_in(school.doctor).post(school.page, data=EVEN | {"atr-upper": "8"})
    page = client.get(school.page).text
    for words in ("脊柱筛查", "前屈试验（Adam试验）", "建议到医院骨科就诊，必要时拍片检查。"):
        assert words in page
