"""A guardian answers the questions and agrees, or refuses, before a vaccination."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from clinic.accounts.models import Profession, Role
from clinic.audit.trail import AuditEvent
from clinic.centres.models import Service
from clinic.db import db
from clinic.questionnaires.asking_again import AsksAgain, answered_yes
from clinic.questionnaires.models import QuestionnaireResponse
from clinic.questionnaires.questionnaire import Question, Versions, Whom
from clinic.scheduling.appointments import booking
from clinic.vaccination.jab import consent, screening
from clinic.vaccination.jab.models import InformedConsent
from tests.makes import NOON, make_centre, make_user
from tests.pages import rows
from tests.vaccination.jab.at_the_jab import NO, ON_THE_DAY, Day

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture(autouse=True)
def english(client):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"


@pytest.fixture
def day(app):
    return Day()


def kept():
    db.session.expire_all()
    return db.session.query(QuestionnaireResponse).count(), db.session.query(
        InformedConsent
    ).count()


def test_answers_and_consent_are_kept_and_shown(client, day):
    answer = client.sign_in(day.parent).post(day.before, data=NO | {"c-MMR": "yes"})
    assert answer.location == day.before
    (screening,) = db.session.query(QuestionnaireResponse).all()
    assert (screening.consequence, screening.by_id, screening.at) == ("go", day.parent.id, NOON)
    assert screening.outcomes == {"MMR": ["go", None]}
    (decision,) = db.session.query(InformedConsent).all()
    assert (decision.vaccine, decision.dose_number, decision.given) == ("MMR", 1, True)
    assert (decision.text_version, decision.language) == (consent.version(), "en")
    shown = client.get(day.before).text
    assert "No reason found not to vaccinate" in shown
    assert 'name="c-MMR" value="yes" checked' in shown
    deeds = {audit_event.action for audit_event in db.session.query(AuditEvent)}
    assert {"answered", "agreed"} <= deeds


@pytest.mark.parametrize(
    ("change", "bad"),
    [
        ({"q-fever": ""}, "q-fever"),
        ({"q-fever": "perhaps"}, "q-fever"),
        ({"c-MMR": ""}, "c-MMR"),
        ({"q-live": "yes"}, "q-live-day"),
        ({"q-live": "yes", "q-live-day": "last week"}, "q-live-day"),
        ({"q-live": "yes", "q-live-day": "2026-03-03"}, "q-live-day"),  # tomorrow
        ({"q-live": "yes", "q-live-day": "2025-01-31"}, "q-live-day"),  # before birth
    ],
)
def test_what_is_missing_is_said_at_its_field_and_nothing_is_kept(client, day, change, bad):
    data = NO | {"c-MMR": "yes"} | change
    answer = client.sign_in(day.parent).post(day.before, data=data)
    assert answer.status_code == 422
    assert f'id="{bad}-error"' in answer.text
    assert answer.text.count('class="error"') == 1
    assert kept() == (0, 0)


def test_what_is_agreed_to_says_what_the_vaccine_is_against(client, day):
    shown = client.sign_in(day.parent).page(day.before)
    about = [paragraph.text_en for paragraph in consent.about("MMR")]
    assert about
    assert [node.text(strip=True) for node in shown.tree.css("#c-MMR .hint")] == about


def test_a_later_day_is_said(client, day):
    data = NO | {"q-immunoglobulin": "yes", "q-immunoglobulin-day": "2026-02-10", "c-MMR": "yes"}
    assert client.sign_in(day.parent).post(day.before, data=data).status_code == 303
    shown = client.get(day.before).text
    assert "Not before Sunday 10 May 2026" in shown
    assert "Change the appointment" in shown


def test_a_refusal_is_kept_and_the_latest_decision_counts(client, day):
    client.sign_in(day.parent)
    for choice in ("yes", "no"):
        client.post(day.before, data=NO | {"c-MMR": choice})
    assert kept() == (2, 2)
    assert 'name="c-MMR" value="no" checked' in client.get(day.before).text


def test_answers_older_than_a_day_are_asked_again(client, day):
    day.answer(now=NOON - timedelta(hours=25))
    shown = client.sign_in(day.parent).get(day.before).text
    assert "The last answers are older than a day" in shown
    assert 'name="q-fever" value="no" checked' not in shown
    assert 'name="c-MMR" value="yes" checked' in shown  # the decision stays


def test_a_visit_that_is_over_changes_no_more(client, day):
    booking.cancel(day.visit, by=day.parent, online=True, now=NOON)
    db.session.commit()
    answer = client.sign_in(day.parent).post(day.before, data=NO | {"c-MMR": "yes"})
    assert answer.status_code == 422
    assert "This visit is over" in answer.text
    assert kept() == (0, 0)


def test_the_nurse_may_ask_at_the_centre(client, day):
    with time_machine.travel(ON_THE_DAY, tick=False):
        page = f"{day.page}/before"
        answer = client.sign_in(day.vaccinator).post(page, data=NO | {"c-MMR": "yes"})
        assert answer.location == day.page
        (row,) = db.session.query(QuestionnaireResponse).all()
        assert row.by_id == day.vaccinator.id


def test_a_visit_for_something_else_asks_nothing_before_a_vaccination(client, day):
    db.session.get_one(Service, day.visit.service_id).kind = "rehab"
    db.session.commit()
    assert client.sign_in(day.parent).get(day.before).status_code == 404
    assert kept() == (0, 0)


def test_strangers_do_not_find_it(client, day):
    assert client.sign_in(make_user()).get(day.before).status_code == 404
    other = make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=make_centre())
    assert client.sign_in(other).get(f"{day.page}/before").status_code == 404


@pytest.mark.parametrize("table", ["questionnaire_responses", "informed_consents"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET language = 'en'", "DELETE FROM {}"])
def test_the_database_changes_no_answer_and_no_consent(both, table, deed):
    Day().answer()
    with pytest.raises(DBAPIError, match="append_only"):
        db.session.execute(text(deed.format(table)))
    db.session.rollback()
    assert kept() == (1, 1)


def test_a_refusal_says_what_happens_next(client, day):
    client.sign_in(day.parent).post(day.before, data=NO | {"c-MMR": "no"})
    shown = client.get(day.before).text
    assert "You refused: Measles, mumps, rubella (live)." in shown
    assert f'href="/family/children/{day.child.id}/plan"' in shown
    client.post(day.before, data=NO | {"c-MMR": "yes"})
    assert "You refused" not in client.get(day.before).text


def test_the_list_of_what_is_missing_names_each_question(client, day):
    answer = client.sign_in(day.parent).post(day.before, data={})
    named = rows(answer.text, '.error-summary a[href^="#"]')
    assert len(named) == len(set(named)) == len(NO) + 1


def test_each_is_asked_what_is_for_the_child_and_for_them(client, day, monkeypatch):
    other = "male" if day.child.sex == "female" else "female"
    more = [
        Question("theirs", "谁？", "Whose?", whom=Whom(sex=day.child.sex)),
        Question("other", "谁？", "Whose?", whom=Whom(sex=other)),
        Question("grown", "谁？", "Whose?", whom=Whom(age_from=(60, 0))),
        Question("pinch", "谁？", "Whose?", asked_by="staff"),
    ]
    current = screening.versions().current
    longer = replace(current, questions=(*current.questions, *more))
    monkeypatch.setattr(screening, "versions", lambda: Versions((longer,)))
    sent = NO | {"c-MMR": "yes", "q-theirs": "no", "q-other": "yes", "q-pinch": "yes"}
    assert client.sign_in(day.parent).post(day.before, data=sent).status_code == 303
    (row,) = db.session.query(QuestionnaireResponse).all()
    assert set(row.given) == {question.code for question in current.questions} | {"theirs"}
    pages = {day.parent: day.before, day.vaccinator: f"/vaccination/visits/{day.visit.id}/before"}
    for user, asked in ((day.parent, [1, 0, 0, 0]), (day.vaccinator, [1, 0, 0, 1])):
        shown = client.sign_in(user).page(pages[user])
        assert [len(shown.tree.css(f"#q-{each.code}")) for each in more] == asked


def test_answers_to_a_version_that_is_gone_are_for_the_nurse_and_asked_anew(
    client, day, monkeypatch
):
    """Nothing is read into them by today's words or rules."""
    day.answer(yes=("fever",), now=NOON)
    newer = Versions((replace(screening.versions().current, version="2999-01-01"),))
    monkeypatch.setattr(screening, "versions", lambda: newer)
    shown = client.sign_in(day.parent).get(day.before).text
    assert "The nurse decides at the visit" in shown
    assert 'name="q-fever" value="yes" checked' not in shown
    asks_again = AsksAgain(screening.versions, screening.GOOD_FOR)
    assert answered_yes(asks_again, [day.visit.id], NOON) == {}
    day.answer(now=NOON)
    assert "No reason found not to vaccinate" in client.get(day.before).text
