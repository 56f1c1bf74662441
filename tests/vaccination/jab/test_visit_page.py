"""The vaccinator's page: what was checked, what was given, and what is refused."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select

from clinic.accounts.models import Profession, Role
from clinic.audit.trail import AuditEvent
from clinic.db import db
from clinic.scheduling.models import Appointment
from clinic.vaccination.jab.models import GivenDose, PostVaccinationStay
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import Immunization, Source
from clinic.vaccination.record.rules import Entry
from clinic.vaccination.stock import lots
from tests.makes import NOON, TOMORROW, make_centre, make_user
from tests.queries import count_queries
from tests.vaccination.jab.at_the_jab import DOSE, GOOD, LOT, ON_THE_DAY, TICKS, Day
from tests.vaccination.stock.stocked import Centre


@pytest.fixture(autouse=True)
def now(client):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    with time_machine.travel(ON_THE_DAY, tick=False):
        yield


@pytest.fixture
def day(app):
    made = Day()
    made.answer()
    return made


@pytest.fixture
def nurse(client, day):
    return client.sign_in(day.vaccinator)


def nothing_happened(day):
    return nothing_happened_but(day, [])


def nothing_happened_but(day, entered):
    """These vaccines were entered by others; here nothing was given."""
    db.session.expire_all()
    assert list(db.session.scalars(select(Immunization.vaccine))) == entered
    assert db.session.query(PostVaccinationStay).count() == 0
    assert db.session.get_one(Appointment, day.visit.id).done_at is None
    return day.counts() == (5, 1)


def test_a_dose_is_recorded_taken_from_its_lot_and_the_child_stays(nurse, day):
    assert nurse.post(day.page, data=GOOD).location == day.page
    (row,) = db.session.query(Immunization).all()
    assert (row.vaccine, row.dose_number, row.given_on) == ("MMR", 1, TOMORROW)
    assert (row.lot_number, row.manufacturer) == (LOT, "北京生物")
    assert (row.site, row.route, row.source) == ("left arm", "SC", Source.HERE)
    assert (row.performed_by_id, row.verified_by_id) == (day.vaccinator.id, day.vaccinator.id)
    assert (row.centre_id, row.appointment_id, row.given_at) == (day.id, day.visit.id, ON_THE_DAY)
    (given,) = db.session.query(GivenDose).all()
    assert (given.lot_id, len(given.checks), given.reason) == (day.lot.id, 5, "")
    (stay,) = db.session.query(PostVaccinationStay).all()
    assert stay.ends_at - stay.started_at == timedelta(minutes=30)
    assert db.session.get_one(Appointment, day.visit.id).done_at == ON_THE_DAY
    assert day.counts() == (4, 0)
    shown = nurse.get(day.page).text
    assert "Under observation until 09:40" in shown
    assert 'name="MMR-give"' not in shown


def test_what_is_due_next_is_offered_at_once_by_whose_visit_it_is(nurse, day):
    nurse.post(day.page, data=GOOD)
    link = f"/calendar/appointments/{day.visit.id}#follow-up"
    assert "Due next" in nurse.get(day.page).text
    assert link not in nurse.get(day.page).text
    db.session.rollback()  # the page's reading is over
    day.practitioner.user_id = day.vaccinator.id
    db.session.commit()
    assert link in nurse.get(day.page).text
    assert 'id="follow-up"' in nurse.get(link).text


def test_saved_twice_is_given_once(nurse, day):
    for _ in range(2):
        assert nurse.post(day.page, data=GOOD).status_code == 303
    assert db.session.query(Immunization).count() == 1
    assert day.counts() == (4, 0)


@pytest.mark.parametrize(
    ("data", "bad", "sentence"),
    [
        (TICKS, "doses", "Choose at least one dose."),
        (DOSE, "checks", "Every check must be made before a dose is given."),
        (GOOD | {"MMR-site": ""}, "MMR-site", "Choose a site that fits the vaccine."),
        (GOOD | {"MMR-site": "mouth"}, "MMR-site", "Choose a site that fits the vaccine."),
        (GOOD | {"MMR-lot": ""}, "MMR-lot", "Choose a lot, or type its number."),
        (GOOD | {"MMR-number": "Z9"}, "MMR-lot", "This lot is of another vaccine, or of another"),
        (TICKS | {"MMR-lot": LOT}, "MMR-give", "Something is filled in for this dose."),
        (TICKS | {"MMR-number": LOT}, "MMR-give", "Something is filled in for this dose."),
        (TICKS | {"MMR-reason": "asked for"}, "MMR-give", "Something is filled in for this dose."),
        (GOOD | {"MMR-reason": "x" * 301}, "MMR-reason", "At most 300 characters, please."),
    ],
)
def test_what_is_not_right_is_said_and_nothing_happens(nurse, day, data, bad, sentence):
    answer = nurse.post(day.page, data=data)
    assert answer.status_code == 422
    assert f'href="#{bad}">{sentence}' in answer.text
    assert nothing_happened(day)


def test_a_dose_that_left_the_page_meanwhile_is_not_passed_over(nurse, day):
    due_as_well = "HepB"
    form = nurse.page(day.page).form(holding="Record what was given")
    entry = Entry(due_as_well, NOON.date())
    recording.record(day.child, [entry], by=day.parent, source=Source.BOOKLET, now=NOON)
    db.session.commit()
    answer = form.fill(GOOD | {f"{due_as_well}-give": "1"}).submit()
    assert answer.status == 422
    assert "is not due at this visit any more" in answer.words
    assert nothing_happened_but(day, [due_as_well])


def test_a_lot_of_another_centre_is_refused(nurse, day):
    Centre().receive(5, number="B7")
    answer = nurse.post(day.page, data=GOOD | {"MMR-number": "B7"})
    assert answer.status_code == 422
    assert "This lot is of another vaccine, or of another centre." in answer.text
    assert nothing_happened(day)


def test_a_recalled_lot_is_refused(nurse, day):
    day.receive(5, number="B7")
    lots.recall(day.lot, "warm", by=day.nurse, now=NOON)
    answer = nurse.post(day.page, data=GOOD)
    assert answer.status_code == 422
    assert "This lot is recalled. It must not be given." in answer.text
    assert nothing_happened(day)


def test_an_expired_lot_is_refused_and_the_first_to_expire_is_offered_first(nurse, day):
    day.receive(1, expires_on=NOON.date(), number="B7")
    day.receive(1, expires_on=TOMORROW, number="C3")
    shown = nurse.get(day.page).text
    assert shown.index('<option value="C3"') < shown.index(f'<option value="{LOT}"')
    assert 'value="B7"' not in shown
    answer = nurse.post(day.page, data=GOOD | {"MMR-number": "B7"})
    assert answer.status_code == 422
    assert "This lot expired on Mon 2 Mar. It must not be given." in answer.text


def test_without_fresh_answers_or_consent_nothing_is_given(client, app):
    day = Day()
    client.sign_in(day.vaccinator)
    answer = client.post(day.page, data=GOOD)
    assert (answer.status_code, "ask the questions about health" in answer.text) == (422, True)
    day.answer(agrees=False)
    answer = client.post(day.page, data=GOOD)
    assert answer.status_code == 422
    assert 'href="#MMR-give">The guardian has not agreed to this vaccine.' in answer.text
    assert nothing_happened(day)


def test_answers_of_two_days_ago_do_not_do(client, app):
    day = Day()
    day.answer(now=ON_THE_DAY - timedelta(hours=24, minutes=1))
    answer = client.sign_in(day.vaccinator).post(day.page, data=GOOD)
    assert (answer.status_code, "ask the questions about health" in answer.text) == (422, True)


def test_a_doubt_needs_a_reason_and_the_reason_is_kept(client, app):
    day = Day()
    day.answer(yes=["fever"])
    client.sign_in(day.vaccinator)
    answer = client.post(day.page, data=GOOD)
    assert answer.status_code == 422
    assert 'href="#MMR-reason">There is a reason not to vaccinate.' in answer.text
    assert nothing_happened(day)
    reason = "37.2 measured twice, the doctor agrees"
    assert client.post(day.page, data=GOOD | {"MMR-reason": reason}).status_code == 303
    (given,) = db.session.query(GivenDose).all()
    assert given.reason == reason
    assert db.session.query(AuditEvent).filter_by(action="override").count() == 1


def test_a_dose_that_is_not_legal_needs_a_reason(nurse, day):
    # A live vaccine two weeks ago; MMR waits until the 28th day.
    entry = Entry("VAR", date(2026, 2, 17), 1)
    recording.record(day.child, [entry], by=day.parent, source=Source.BOOKLET, now=NOON)
    shown = nurse.get(day.page).text
    assert "It may be given from 2026-03-17 on" in shown
    answer = nurse.post(day.page, data=GOOD)
    assert (answer.status_code, 'id="MMR-reason-error"' in answer.text) == (422, True)
    assert nurse.post(day.page, data=GOOD | {"MMR-reason": "an outbreak"}).status_code == 303


def test_a_dose_recorded_by_somebody_else_today_is_refused(nurse, day):
    entry = Entry("MMR", TOMORROW, 1)
    recording.record(day.child, [entry], by=day.parent, source=Source.BOOKLET, now=ON_THE_DAY)
    answer = nurse.post(day.page, data=GOOD | {"MMR-reason": "why not"})
    assert answer.status_code == 422
    assert "This vaccine is recorded for that day already." in answer.text
    assert day.counts() == (5, 0)  # nothing is kept for a dose that was given


def test_only_clinicians_of_the_centre(client, day):
    other = make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=make_centre())
    for answer in (
        client.sign_in(other).get(day.page),
        client.post(day.page, data=GOOD),
    ):
        assert answer.status_code == 404
    assert client.sign_in(day.parent).get(day.page).status_code == 403
    assert nothing_happened(day)


def test_the_calendar_leads_there(client, app):
    day = Day()
    day.practitioner.user = day.vaccinator
    db.session.commit()
    page = client.sign_in(day.vaccinator).get(f"/calendar/appointments/{day.visit.id}").text
    assert f'href="{day.page}"' in page


def test_other_doses_that_are_due_are_on_the_page(nurse, day):
    shown = nurse.page(day.page)
    assert shown.rows('[name="HepB-give"]:not([checked])')  # due, not chosen
    assert not shown.rows('[name="MMR-give"][checked]')  # chosen by the nurse


def test_it_asks_as_much_for_a_long_record_as_for_a_short_one(nurse, day):
    page = day.page

    def on_record(*codes, first):
        db.session.rollback()
        days = [day.child.birth_date + timedelta(days=30 * (first + n)) for n in range(len(codes))]
        doses = [Entry(vaccine, on) for vaccine, on in zip(codes, days, strict=True)]
        recording.record(day.child, doses, by=day.parent, source=Source.BOOKLET, now=ON_THE_DAY)
        db.session.commit()
        return count_queries(lambda: nurse.get(page))

    short = on_record("HepB", first=0)
    assert on_record("HepB", "IPV", "IPV", "DTaP", "HepB", "DTaP", first=1) == short


def test_a_vaccination_without_a_dose_is_not_done_unless_that_is_said(client):
    day = Day()
    day.practitioner.user = day.vaccinator
    with time_machine.travel(ON_THE_DAY, tick=False):
        client.sign_in(day.vaccinator)
        page = client.page(f"/calendar/appointments/{day.visit.id}")
        answer = page.form(action="/outcome").submit("done")
        assert answer.status == 422
        assert day.visit.done_at is None
        answer.form(action="/outcome").fill(without=True).submit("done").follow()
    assert day.visit.done_at == ON_THE_DAY
