"""A parent answers before a check: saved as they go, half of it too."""

from dataclasses import replace

import pytest

from clinic.accounts.models import Role
from clinic.audit.trail import AuditEvent
from clinic.checkups.due import questions as of_checks
from clinic.checkups.due.questions import daily, questions, signs, versions
from clinic.checkups.due.schedule import check_ages
from clinic.db import db
from clinic.questionnaires.models import QuestionnaireResponse
from clinic.questionnaires.questionnaire import Question, Versions, Whom
from clinic.scheduling.appointments import booking
from tests.checkups.at_the_check import BORN, DAILY, SIGNS, Day
from tests.makes import NOON, make_appointment, make_user
from tests.queries import count_queries

pytestmark = pytest.mark.usefixtures("noon")
M12 = next(check_age for check_age in check_ages() if check_age.id == "M12")
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def english(client):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"


@pytest.fixture
def day(app):
    return Day()


def kept():
    """The answers that count by now."""
    db.session.expire_all()
    last = db.session.query(QuestionnaireResponse).order_by(QuestionnaireResponse.id.desc()).first()
    return {code: answer.value for code, answer in last.given.items()} if last else {}


def fields(answers):
    """The same as the form has them."""
    return {f"q-{code}": value for code, value in answers.items()}


@pytest.mark.parametrize("visit", check_ages(), ids=lambda one: one.id)
def test_every_age_is_asked_its_own_signs_word_for_word(visit):
    asked = signs(visit)
    assert tuple(question.text_zh for question in asked[:4]) == visit.warning_signs
    assert len(asked) == (5 if visit.warning_signs else 0)
    assert {question.code for question in daily(visit)} >= {"sleep"}
    codes = [question.code for question in questions(visit)]
    assert len(codes) == len(set(codes))


def test_what_is_our_own_wording_is_marked_as_unverified():
    asked = [question for check_age in check_ages() for question in questions(check_age)]
    assert {question.more["verified"] for question in asked} == {False}


def test_all_answers_are_kept_and_shown(client, day):
    answer = client.sign_in(day.parent).post(day.before, data=fields(SIGNS | DAILY))
    assert (answer.status_code, answer.location) == (303, f"/appointments/{day.visit.id}")
    assert kept() == SIGNS | DAILY
    (row,) = db.session.query(QuestionnaireResponse).all()
    assert (row.questionnaire, row.child_id, row.by_id) == (
        "check-M12",
        day.child.id,
        day.parent.id,
    )
    assert (row.version, row.language) == (versions(M12).current.version, "en")
    shown = client.get(day.before).text
    assert "10 of 10 answered" in shown
    assert shown.count(" checked") == 10
    assert "answered" in {audit_event.action for audit_event in db.session.query(AuditEvent)}


def test_half_a_questionnaire_stays_and_says_what_is_missing(client, day):
    half = {"sign-1": "no", "sleep": "12to14"}
    answer = client.sign_in(day.parent).post(day.before, data=fields(half))
    assert answer.status_code == 422
    assert kept() == half
    assert "What you answered is saved." in answer.text
    assert answer.text.count('class="error"') == 8
    assert 'id="q-sign-2-error"' in answer.text
    assert 'id="q-sign-1-error"' not in answer.text
    shown = client.get(day.before).text
    assert "2 of 10 answered" in shown
    assert 'href="#q-sign-2"' in shown


def test_each_change_is_saved_by_itself_and_only_that(client, day):
    page = client.sign_in(day.parent)
    sent = {
        "only": "sign-2",
        "q-sign-2": "unsure",
        "q-sleep": "over14",
    }  # HTMX sends the whole form
    answer = page.post(day.before, data=sent, headers=HTMX)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div id="progress"')
    assert "1 of 10 answered" in answer.text
    assert kept() == {"sign-2": "unsure"}


def test_what_the_other_guardian_answered_meanwhile_is_left_alone(client, day):
    day.answer({"sleep": "under10", "screen": "none"})
    page = client.sign_in(day.parent).page(day.before)
    day.answer({"sleep": "12to14"})
    page.form("before").fill({"q-sleep": "under10", "q-screen": "over60"}).submit()
    assert kept() == {"sleep": "12to14", "screen": "over60"}


@pytest.mark.parametrize("form", [{"q-sleep": "perhaps"}, {"weight": "9"}, {"shown": "[1"}, {}])
def test_nothing_but_an_answer_is_kept(client, day, form):
    assert client.sign_in(day.parent).post(day.before, data=form).status_code == 422
    assert kept() == {}


def test_in_english_the_official_words_stand_beside_ours(client, day):
    shown = client.sign_in(day.parent).page(day.before)
    beside = [node.text() for node in shown.tree.css("#before [lang=zh-CN]")]
    assert beside == [question.text_zh for question in signs(M12)]


def test_in_chinese_the_signs_are_the_official_words(client, day):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "zh"
    shown = client.sign_in(day.parent).get(day.before).text
    for sign in ("呼唤名字无反应", "不会模仿“再见”或“欢迎”动作", "不会扶物站立"):
        assert sign in shown
    assert "每天在户外多久？" in shown


def test_a_visit_that_is_over_changes_no_more(client, day):
    booking.cancel(day.visit, by=day.parent, online=True, now=NOON)
    answer = client.sign_in(day.parent).post(day.before, data=fields(SIGNS | DAILY))
    assert answer.status_code == 422
    assert "This visit is over." in answer.text
    assert kept() == {}


def test_who_may_answer(client, day):
    for user, status in (
        (make_user(), 404),
        (make_user(Role.RECEPTION, centre=day.practitioner.centre), 403),
        (day.doctor, 403),
        (day.parent, 200),
    ):
        assert client.sign_in(user).get(day.before).status_code == status


def test_an_appointment_for_something_else_has_no_such_page(client, app):
    visit = make_appointment()
    parent = visit.child.guardianships[0].user
    page = f"/checkups/appointments/{visit.id}/before"
    assert client.sign_in(parent).get(page).status_code == 404


def test_the_appointment_leads_there(client, day):
    page = client.sign_in(day.parent).get(f"/appointments/{day.visit.id}").text
    assert f'href="{day.before}"' in page


def test_a_child_of_seven_is_told_that_there_is_nothing(client, app):
    day = Day(born=BORN.replace(year=2019))
    shown = client.sign_in(day.parent).get(day.before)
    assert shown.status_code == 200
    assert "has had all thirteen health checks" in shown.text


def test_as_many_queries_with_all_answers_as_with_none(client, day):
    page = day.before
    client.sign_in(day.parent).get(page)
    none = count_queries(lambda: client.get(page))
    day.answer()
    for other in ("M6", "M8"):
        day.answer(SIGNS, other)
    db.session.commit()
    assert count_queries(lambda: client.get(page)) == none


def test_a_family_is_asked_what_is_for_its_child(client, day, monkeypatch):
    """Not what is for the other sex, another age or only for staff; nor is it missed or kept."""
    other = "male" if day.child.sex == "female" else "female"
    more = [
        Question("theirs", "谁？", "Whose?", group="daily", whom=Whom(sex=day.child.sex)),
        Question("other", "谁？", "Whose?", group="daily", whom=Whom(sex=other)),
        Question("grown", "谁？", "Whose?", group="daily", whom=Whom(age_from=(60, 0))),
        Question("pinch", "谁？", "Whose?", group="signs", asked_by="staff"),
    ]
    asked = versions(M12).current
    longer = replace(asked, questions=(*asked.questions, *more))
    monkeypatch.setattr(of_checks, "versions", lambda _age: Versions((longer,)))
    answers = SIGNS | DAILY | {"theirs": "no"}
    sent = answers | {"other": "yes", "grown": "yes", "pinch": "yes"}
    client.sign_in(day.parent).post(day.before, data=fields(sent))
    assert kept() == answers
    shown = client.page(day.before)
    assert "of 11 answered" in shown.tree.text()
    assert [len(shown.tree.css(f"#q-{each.code}")) for each in more] == [1, 0, 0, 0]
