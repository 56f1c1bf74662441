"""The clinician's page of a check: what is due, what is asked about, saved, finished, merged."""

from datetime import date

import pytest

from clinic.amounts import How, Kind
from clinic.audit.trail import AuditEvent
from clinic.checkups.models import CheckVisit, Measurement
from clinic.db import db
from clinic.scheduling.models import Appointment
from tests.checkups.at_the_check import NUMBERS, ON_THE_DAY, WHOLE, Day, hidden
from tests.checkups.check.posting import kept, post
from tests.makes import TOMORROW, make_slot
from tests.queries import count_queries

pytestmark = pytest.mark.usefixtures("on_the_day")

HTMX = {"HX-Request": "true"}
SAVE, FINISH, LOOK = ({"action": one} for one in ("save", "finish", "look"))


def test_only_what_is_due_at_that_age_is_asked(doctor, day):
    shown = doctor.get(day.page).text
    for name in WHOLE:
        assert f'name="{name}"' in shown
    for name in ("haemoglobin", "temperature", "jaundice", "acuity-left", "refraction_screen"):
        assert f'name="{name}"' not in shown
    assert 'name="tcm"' in shown  # at 12 months
    assert "12-month check" in shown


def test_a_draft_is_saved_and_shown_again(doctor, day):
    answer = post(doctor, day, SAVE, weight="9.2", physical_exam="normal")
    assert (answer.status_code, answer.location) == (303, day.page)
    assert kept() == {"weight": 9200, "physical_exam": "normal"}
    shown = doctor.get(day.page).text
    assert 'value="9.2"' in shown
    assert hidden(shown)["version"] == "1"
    check = db.session.query(CheckVisit).one()
    assert (check.visit, check.done_on, check.finished_at) == ("M12", TOMORROW, None)
    assert db.session.get_one(Appointment, day.visit.id).done_at is None


def test_a_whole_check_is_finished_and_says_what_is_next(doctor, day):
    assert post(doctor, day, WHOLE, FINISH, tcm="yes", note="thriving").status_code == 303
    db.session.expire_all()
    visit = db.session.get_one(Appointment, day.visit.id)
    assert (visit.done_at, visit.done_by_id, visit.note) == (ON_THE_DAY, day.doctor.id, "thriving")
    check = db.session.query(CheckVisit).one()
    assert (check.finished_at, check.finished_by_id) == (ON_THE_DAY, day.doctor.id)
    length = db.session.query(Measurement).filter_by(kind=Kind.LENGTH).one()
    assert (length.amount, length.how, length.measured_on) == (755, How.LYING, TOMORROW)
    shown = doctor.get(day.page).text
    assert "This check is finished" in shown
    assert "18-month check" in shown
    assert "From Saturday 1 August 2026" in shown
    assert "Those days are not open for booking yet." in shown
    assert f'href="{day.page}/report"' in shown
    deeds = {audit_event.action for audit_event in db.session.query(AuditEvent)}
    assert {"save_check", "finish_check", "finish", "read"} <= deeds


def test_the_next_check_is_booked_from_the_finished_one(doctor, day):
    day.practitioner.user = day.doctor
    free = make_slot(day.service, practitioner=day.practitioner, day=date(2026, 8, 1)).id
    db.session.commit()
    assert post(doctor, day, WHOLE, FINISH).status_code == 303
    assert "Those days are not open for booking yet." not in doctor.get(day.page).text
    times = doctor.page(day.page).click("Book it for the family")
    assert times.form(holding="key").submit(f"slot={free}").status == 303
    made = db.session.query(Appointment).order_by(Appointment.id.desc()).first()
    assert (made.child_id, made.service_id) == (day.child.id, day.service.id)
    assert made.starts_at.date() == date(2026, 8, 1)
    doctor.sign_in(day.other)  # whose calendar it is not in
    assert "/follow-up" not in doctor.get(day.page).text


@pytest.mark.parametrize(
    ("change", "bad", "sentence"),
    [
        ({"weight": ""}, "weight", "Still empty."),
        ({"sign-3": ""}, "sign-3", "Still empty."),
        ({"hearing_behavioural": ""}, "hearing_behavioural", "Still empty."),
        ({"eye_check": "abnormal"}, "eye_check-note", "Write down the result."),
        ({"sign-2": "yes"}, "referral", "Say whether the child is referred."),
        ({"regression": "yes"}, "referral", "Say whether the child is referred."),
        ({"incomplete": "yes", "head": ""}, "note", "Say in the note what could not be done"),
    ],
)
def test_half_a_check_is_not_finished_but_can_be_kept_as_a_draft(
    doctor, day, change, bad, sentence
):
    answer = post(doctor, day, WHOLE, change, FINISH)
    assert answer.status_code == 422
    assert f'href="#{bad}"' in answer.text
    assert sentence in answer.text
    assert kept() == {}
    assert post(doctor, day, WHOLE, change, SAVE).status_code == 303


def test_what_could_not_be_done_is_said_in_the_note(doctor, day):
    change = {"head": "", "incomplete": "yes", "note": "would not hold still"}
    assert post(doctor, day, WHOLE, change, FINISH).status_code == 303
    assert "head" not in kept()


def test_growth_and_questions_follow_the_typing_and_nothing_is_kept(doctor, day):
    sent = NUMBERS | {"weight": "18.4", "sign-1": "yes", "action": "look"}
    part = doctor.post(day.page, data=sent, headers=HTMX)
    assert part.status_code == 200
    assert part.text.lstrip().startswith('<div id="growth"')
    assert "<html" not in part.text
    assert 'id="weight-said" hx-swap-oob="true"' in part.text
    assert "Did you mean 9.2 kg (18.4 斤)?" in part.text
    assert "Refer to the district maternal and child health centre" in part.text
    whole = doctor.post(day.page, data=sent)  # the same button without scripts
    assert whole.status_code == 200
    assert "Did you mean 9.2 kg (18.4 斤)?" in whole.text
    assert 'value="18.4"' in whole.text
    assert kept() == {}


def test_previous_values_and_the_familys_answers_are_beside_the_fields(doctor, day):
    day.measured()
    day.answer({"sign-1": "yes", "sign-2": "unsure", "screen": "over60"})
    shown = " ".join(doctor.get(day.page).text.split())
    assert "Before: 8.9 kg on 2026-02-01 · at home" in shown
    assert "The family says:" in shown
    assert "Over 1 h" in shown
    assert 'name="sign-1" value="yes" checked' not in shown  # the doctor looks herself


def test_the_familys_answers_are_taken_over_where_nothing_was_chosen(doctor, day):
    day.answer({"sign-1": "yes", "sign-2": "unsure", "sign-3": "no"})
    answer = post(doctor, day, {"action": "answers", "sign-3": "yes"})
    assert answer.status_code == 200
    checked = [
        one
        for one in ("sign-1", "sign-2", "sign-3")
        if f'name="{one}" value="yes" checked' in answer.text
    ]
    assert checked == ["sign-1", "sign-3"]
    assert 'name="sign-2" value="no" checked' not in answer.text
    assert kept() == {}


def test_a_referral_is_recorded_with_its_reasons(doctor, day):
    signs = {"sign-2": "yes", "regression": "yes"}
    asked = doctor.page(day.page).form().fill(WHOLE | signs).submit("look")
    assert asked.form().fill(referral="agreed").submit("finish").status == 303
    found = kept()
    assert (found["referral"], found["referral-why"]) == ("agreed", "sign-2,regression")


def test_the_calendar_leads_there(client, day):
    day.practitioner.user = day.doctor
    page = client.sign_in(day.doctor).get(f"/calendar/appointments/{day.visit.id}").text
    assert f'href="{day.page}"' in page


def test_in_chinese(doctor, day):
    doctor.environ_base["HTTP_ACCEPT_LANGUAGE"] = "zh"
    day.measured(kind=Kind.LENGTH, amount=765)
    answer = post(doctor, day, WHOLE, FINISH, weight="18.4", **{"sign-1": "yes"})
    assert answer.status_code == 422
    for words in (
        "您是指 9.2 kg（18.4 斤）吗？",
        "比上次矮（2月1日周日为 76.5 cm），请确认是否正确。",
        "呼唤名字无反应",
        "转诊到区妇幼保健机构进行复筛",
        "儿心量表-II",
        "摩腹、捏脊",
    ):
        assert words in answer.text


def test_as_many_queries_with_thirty_measurements_as_with_one(doctor, day):
    page = day.page
    day.measured()
    doctor.get(page)
    one = count_queries(lambda: doctor.get(page))
    for number in range(1, 30):
        on = date(2026, 1, number)
        day.measured(on, kind=Kind.LENGTH, amount=700 + number, how=How.LYING)
    db.session.commit()
    assert count_queries(lambda: doctor.get(page)) == one


def test_saved_refused_and_finished_on_both_engines(both):
    day = Day()
    client = both.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.sign_in(day.doctor)
    fresh = hidden(client.get(day.page).text)
    assert client.post(day.page, data=fresh | WHOLE | SAVE).status_code == 303
    assert client.post(day.page, data=fresh | WHOLE | {"weight": "9.3"}).status_code == 409
    assert post(client, day, WHOLE, FINISH, weight="9.3").status_code == 303
    assert kept()["weight"] == 9300
    assert "This check is finished" in client.get(day.page).text
