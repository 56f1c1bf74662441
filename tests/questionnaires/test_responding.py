"""Answers are kept with the version that was asked: all of them, or some beside those of before."""

from dataclasses import replace

import pytest
from flask import render_template_string
from selectolax.lexbor import LexborHTMLParser
from werkzeug.datastructures import MultiDict

from clinic.audit.trail import AuditEvent
from clinic.db import db
from clinic.questionnaires import forms
from clinic.questionnaires.answers import Answer
from clinic.questionnaires.files import read
from clinic.questionnaires.models import QuestionnaireResponse
from clinic.questionnaires.questionnaire import Versions
from clinic.questionnaires.responding import latest, respond, respond_to_some
from tests.makes import NOON, make_child, make_user
from tests.questionnaires.test_questionnaire import BORN, ILL, ON, changed

ASKED = Versions((ILL,))


@pytest.fixture
def parent(both):
    return make_user()


@pytest.fixture
def child(parent):
    return make_child(parent)


def given(child):
    row = latest("ill", child.id)
    return {code: answer.value for code, answer in row.given.items()}


def some(child, parent, answers, versions=ASKED):
    told = {code: Answer(value) if value else None for code, value in answers.items()}
    respond_to_some(versions, child, told, language="zh", by=parent, now=NOON)
    db.session.commit()


def test_answers_are_kept_one_by_one_and_can_be_taken_back(child, parent):
    for answers in ({"blue": "no"}, {"breaths": "40"}, {"blue": "yes"}, {"breaths": ""}):
        some(child, parent, answers)
    some(child, parent, {"blue": "yes"})  # nothing new
    assert given(child) == {"blue": "yes"}
    rows = db.session.query(QuestionnaireResponse).order_by(QuestionnaireResponse.id).all()
    assert [row.consequence for row in rows] == ["routine", "routine", "emergency", "emergency"]
    events = db.session.query(AuditEvent).filter_by(action="answered").all()
    assert [(event.subject, event.actor_id) for event in events] == [
        ("questionnaire_responses", parent.id)
    ] * 4


def test_an_answer_to_a_question_that_reads_otherwise_today_is_asked_anew(child, parent):
    some(child, parent, {"blue": "no", "breaths": "40"})

    def reword(raw):
        raw["version"] = "2"
        raw["questions"][0]["en"] = "Are the lips blue?"

    newer = Versions((ILL, read(changed(reword))))
    some(child, parent, {"pinch": "no"}, newer)
    assert given(child) == {"breaths": "40", "pinch": "no"}
    versions = [row.version for row in db.session.query(QuestionnaireResponse).order_by("id")]
    assert versions == ["1", "2"]


def test_another_child_and_another_questionnaire_are_apart(child, parent):
    sister = make_child(parent)
    respond(ILL, child.id, {"blue": Answer("yes")}, language="en", by=parent, now=NOON)
    db.session.commit()
    assert latest("ill", sister.id) is None
    assert latest("well", child.id) is None


TYPED = {"q-blue": "no", "q-breaths": "40", "q-scrotum": "no", "q-pinch": "no"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("37.5", "37.5"),
        ("３７。５", "37.5"),
        ("37.5 ℃", "37.5"),
        ("38度", "38"),
        ("", None),  # it may stay open
        ("375", "bad"),
        ("29.9", "bad"),
        ("热", "bad"),
        ("38 kg", "bad"),
        ("yes", "bad"),
    ],
)
def test_a_number_is_read_as_people_type_it(app, typed, kept):
    form = MultiDict(TYPED | {"q-degrees": typed})
    answers, errors = forms.answers_in(ILL.questions, form, birth_date=BORN, today=ON)
    assert set(errors) == ({"q-degrees"} if kept == "bad" else set())
    assert ("degrees" in answers) is (kept not in (None, "bad"))
    if "degrees" in answers:
        assert answers["degrees"].value == kept
    assert answers["breaths"].value == "40"


def test_each_kind_of_question_says_what_is_missing(app):
    raw = changed(lambda raw: raw["questions"][4].update(asks_day=True))
    form = {"q-breaths": "", "q-pinch": "yes", "q-pinch-day": "2030-01-01"}
    questions = read(raw).questions
    _answers, errors = forms.answers_in(questions, form, birth_date=BORN, today=ON)
    assert set(errors) == {"q-blue", "q-breaths", "q-scrotum", "q-pinch-day"}
    assert len(set(errors.values())) == 4
    assert set(forms.named(questions)) >= set(errors)


def test_only_what_was_changed_is_kept():
    chosen = {"blue": Answer("no"), "pinch": Answer("yes", ON), "breaths": Answer("40")}
    shown = forms.shown(chosen | {"pinch": Answer("yes", BORN)})

    def changes(**form):
        return forms.changed_in(ILL.questions, chosen, form)

    assert changes(shown=shown) == {"pinch": Answer("yes", ON)}
    assert changes(shown=shown, only="blue") == {"blue": Answer("no")}
    assert changes(shown="[1") == chosen


@pytest.mark.parametrize("sent_by_itself", [{}, {"only": "degrees"}])
def test_an_optional_answer_that_is_cleared_is_taken_back(child, parent, sent_by_itself):
    some(child, parent, {"blue": "no", "degrees": "38"})
    shown = forms.shown(latest("ill", child.id).given)
    form = {"q-blue": "no", "q-degrees": "", "q-breaths": "", "shown": shown} | sent_by_itself
    chosen, _missing = forms.answers_in(ILL.questions, form, birth_date=BORN, today=ON)
    new = forms.changed_in(ILL.questions, chosen, form)
    assert new == {"degrees": None}
    respond_to_some(ASKED, child, new, language="zh", by=parent, now=NOON)
    assert given(child) == {"blue": "no"}


def test_an_optional_answer_of_the_other_guardian_is_not_cleared_by_a_page_without_it():
    form = {"q-degrees": "", "shown": forms.shown({})}
    assert forms.changed_in(ILL.questions, {}, form) == {}


MACRO = """{% import "questionnaires/_questions.html" as questions_ %}
{% call questions_.ask(question, {}, {}, is_open) %}<i>beside</i>{% endcall %}"""


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("code", ["blue", "degrees"])
def test_a_form_that_is_closed_takes_nothing_and_shows_what_stands_beside(app, code, is_open):
    question = replace(ILL.question(code), asks_day=True)
    with app.test_request_context():
        shown = render_template_string(MACRO, question=question, is_open=is_open)
    shown = LexborHTMLParser(shown)
    fields = shown.css("input")
    assert len(fields) == len(question.options or [1]) + 1
    assert {"disabled" in field.attributes for field in fields} == {not is_open}
    assert [node.text() for node in shown.css("i")] == ["beside"]
