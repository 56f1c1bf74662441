"""The clinician's page of a check: what is due, what is asked about, saved, finished, merged."""

from datetime import date

import pytest
import time_machine

from clinic.accounts.models import Role
from clinic.amounts import How, Kind
from clinic.audit.trail import AuditEvent
from clinic.checkups.check import recording
from clinic.checkups.growth.measuring import Measured
from clinic.checkups.models import CheckFinding, CheckVisit, EnteredBy, Measurement
from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.models import Appointment
from tests.checkups.at_the_check import NUMBERS, ON_THE_DAY, WHOLE, Day, hidden
from tests.makes import NOON, TOMORROW, make_appointment, make_centre, make_slot, make_user
from tests.queries import count_queries

HTMX = {"HX-Request": "true"}
SAVE, FINISH, LOOK = ({"action": one} for one in ("save", "finish", "look"))


@pytest.fixture(autouse=True)
def now(client):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    with time_machine.travel(ON_THE_DAY, tick=False):
        yield


@pytest.fixture
def day(app):
    return Day()


@pytest.fixture
def doctor(client, day):
    return client.sign_in(day.doctor)


def kept():
    """What is on record of checks now."""
    db.session.expire_all()
    rows = db.session.query(Measurement).filter(
        Measurement.voided_at.is_(None), Measurement.source == EnteredBy.CLINIC
    )
    found = db.session.query(CheckFinding).filter(
        CheckFinding.voided_at.is_(None), CheckFinding.source == EnteredBy.CLINIC
    )
    return {row.kind.value: row.amount for row in rows} | {
        check_finding.code: check_finding.value for check_finding in found
    }


def post(client, day, *parts, **more):
    """Send the page as it is shown now, changed by these."""
    data = hidden(client.get(day.page).text)
    for part in parts:
        data |= part
    return client.post(day.page, data=data | more)


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


@pytest.mark.parametrize(
    ("change", "bad", "sentence"),
    [
        ({"head": "450"}, "head", "Did you mean 45 cm (450 mm)?"),
        ({"head": "99"}, "head", "This must lie between 15 and 70 cm."),
        ({"weight": "about nine"}, "weight", "Enter a number, for example 9.2."),
        ({"weight": "9200"}, "weight", "Did you mean 9.2 kg (9200 g)?"),
        ({"weight": "18.4"}, "weight", "Did you mean 9.2 kg (18.4 斤)?"),
        ({"weight": "18.4斤"}, "weight", "Did you mean 9.2 kg (18.4 斤)?"),
        ({"length": "0.755"}, "length", "Did you mean 75.5 cm (0.755 m)?"),
        ({"length": "70"}, "length", "Shorter than before (73.5 cm on Sun 1 Feb). Is it right?"),
        ({"weight": "5.9"}, "weight", "It was 8.9 kg on Sun 1 Feb: a big change. Is it right?"),
        ({"how": ""}, "how", "Choose how the child was measured."),
        ({"how": "sitting"}, "how", "Choose how the child was measured."),
        ({"eye_check": "maybe"}, "eye_check", "Choose one of these."),
        ({"note": "x" * 1001}, "note", "Please keep it to 1000 characters."),
    ],
)
@pytest.mark.parametrize("action", [SAVE, FINISH])
def test_what_cannot_be_is_refused_and_what_is_odd_is_asked(
    doctor, day, change, bad, sentence, action
):
    day.measured()
    day.measured(kind=Kind.LENGTH, amount=735, how=How.LYING)
    answer = post(doctor, day, WHOLE, change, action)
    assert answer.status_code == 422
    assert f'href="#{bad}"' in answer.text
    assert sentence in answer.text
    assert kept() == {}


def test_the_number_that_was_meant_is_accepted_with_one_tap(doctor, day):
    answer = post(doctor, day, NUMBERS, SAVE, weight="9200")
    assert 'name="accept-weight" value="9.2"' in answer.text
    data = hidden(answer.text) | NUMBERS | {"weight": "9200", "accept-weight": "9.2"}
    assert doctor.post(day.page, data=data).status_code == 303
    assert kept()["weight"] == 9200


def test_who_is_sure_of_an_odd_number_saves_it_and_is_not_asked_again(doctor, day):
    shown = doctor.page(day.page).form().fill(NUMBERS | {"weight": "18.4"}).submit("save")
    assert shown.status == 422
    answer = shown.form().fill({"sure-weight": True}).submit("save")
    assert answer.location == day.page
    assert kept()["weight"] == 18400
    # It is not asked again, but for another number it is.
    page = answer.follow().form().fill(head="45.8").submit("save").follow()
    assert page.form().fill(weight="19.4").submit("save").status == 422


def test_a_number_that_is_impossible_stays_so_however_sure(doctor, day):
    shown = doctor.page(day.page).form().fill(NUMBERS | {"head": "450"}).submit("save")
    assert "sure-head" not in shown.form().names
    sure = shown.form().fill({"sure-head": "450"}, tampered=True)
    assert sure.submit("save").status == 422


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


class TestTwoDoctors:
    """The second sees what the first saved; nothing is lost without a look."""

    @pytest.fixture
    def stale(self, doctor, day):
        """The page as it was before the other doctor saved 9.4 kg and the hearing test."""
        post(doctor, day, SAVE, weight="9.2", physical_exam="normal")
        page = hidden(doctor.get(day.page).text) | {"weight": "9.2", "physical_exam": "normal"}
        doctor.sign_in(day.other)
        theirs = page | {"weight": "9.4", "hearing_behavioural": "normal", "action": "save"}
        assert doctor.post(day.page, data=theirs).status_code == 303
        doctor.sign_in(day.doctor)
        return page

    def test_the_second_is_shown_both(self, doctor, day, stale):
        mine = stale | {"weight": "9.3", "head": "45.6", "action": "save"}
        answer = doctor.post(day.page, data=mine)
        assert answer.status_code == 409
        assert "陈禾田 saved this check meanwhile, at 09:10." in answer.text
        assert "in the form now: Behavioural hearing test" in answer.text
        assert "Saved meanwhile: <b>9.4</b>" in answer.text
        assert 'name="hearing_behavioural" value="normal" checked' in answer.text
        assert 'id="weight" name="weight"' in " ".join(answer.text.split())
        assert 'value="9.3"' in answer.text
        assert kept()["weight"] == 9400
        assert hidden(answer.text)["version"] == "2"
        assert hidden(answer.text)["clashes"] == "weight"

    def test_mine_is_saved_after_the_look_with_theirs(self, doctor, day, stale):
        mine = stale | {"weight": "9.3", "action": "save"}
        answer = doctor.post(day.page, data=mine)
        again = mine | hidden(answer.text) | {"hearing_behavioural": "normal"}
        assert doctor.post(day.page, data=again).status_code == 303
        assert kept() == {
            "weight": 9300,
            "physical_exam": "normal",
            "hearing_behavioural": "normal",
        }

    def test_theirs_is_taken_with_one_tap_and_not_saved_before_another_look(
        self, doctor, day, stale
    ):
        mine = stale | {"weight": "9.3", "physical_exam": "abnormal", "action": "finish"}
        answer = doctor.post(day.page, data=mine)
        assert answer.status_code == 409
        tapped = mine | hidden(answer.text) | {"take-weight": "1"}
        tapped.pop("action")
        shown = doctor.post(day.page, data=tapped)
        assert shown.status_code == 200
        assert 'value="9.4"' in shown.text
        assert hidden(shown.text)["clashes"] == ""
        assert kept()["weight"] == 9400

    def test_who_changed_nothing_that_clashes_still_gets_a_look(self, doctor, day, stale):
        answer = doctor.post(day.page, data=stale | {"head": "45.6", "action": "save"})
        assert answer.status_code == 409
        assert 'value="9.4"' in answer.text  # theirs, because mine was as shown
        assert "Saved meanwhile:" not in answer.text

    def test_two_who_begin_at_once_are_told_too(self, doctor, day):
        page = hidden(doctor.get(day.page).text)
        db.session.rollback()
        recording.save_check(
            recording.Target(day.child.id, day.visit.centre_id, "M12", TOMORROW, day.visit.id),
            0,
            [Measured(TOMORROW, Kind.WEIGHT, 9400)],
            {},
            by=day.other,
            now=ON_THE_DAY,
        )
        db.session.commit()
        answer = doctor.post(day.page, data=page | {"weight": "9.2", "action": "save"})
        assert answer.status_code == 409
        assert "Saved meanwhile: <b>9.4</b>" in answer.text


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
    booking.cancel(day.visit, by=day.parent, online=False, now=NOON)
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


def test_a_preterm_child_is_read_at_its_corrected_age(client, app):
    day = Day(gestation_weeks=32)
    client.sign_in(day.doctor)
    shown = client.post(day.page, data=NUMBERS | LOOK).text
    assert "Read at the corrected age of 11.1 months." in shown
    assert "12-month check" in shown  # the schedule goes by the calendar
    assert "Corrected age" in client.get(day.page).text  # both ages, before anything is typed


def test_a_crossing_of_percentile_lines_is_flagged_while_one_types(doctor, day):
    day.measured(date(2025, 8, 5), amount=7900)
    crossed = "lines crossed downward"
    for kilos, is_flagged in (("10.1", False), ("9.4", False), ("8.0", True)):
        part = doctor.post(day.page, data=NUMBERS | LOOK | {"weight": kilos}, headers=HTMX).text
        assert (f"<b>Weight: </b>{crossed}" in part) == is_flagged
    assert crossed not in doctor.post(day.page, data=LOOK | {"head": "45.6"}, headers=HTMX).text


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
