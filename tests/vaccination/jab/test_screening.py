"""What the answers before a vaccination mean, vaccine by vaccine."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.questionnaires.answers import Answer, is_fresh
from clinic.vaccination.jab.screening import GOOD_FOR, Verdict, judge, versions
from clinic.vaccination.programme.catalogue import vaccines

ON = date(2026, 3, 3)
ASKED = versions().current
CODES = [question.code for question in ASKED.questions]


@pytest.mark.parametrize(
    ("question", "day", "vaccine", "verdict", "until"),
    [
        ("fever", None, "HepB", "nurse", None),
        ("illness", None, "MMR", "nurse", None),
        ("reaction", None, "DTaP", "nurse", None),
        ("medicines", None, "IPV", "nurse", None),
        ("steroids", None, "IPV", "nurse", None),
        ("convulsions", None, "DTaP", "nurse", None),
        ("immunity", None, "JE-L", "nurse", None),
        ("immunity", None, "bOPV", "nurse", None),  # by mouth, but live
        ("immunity", None, "JE-I", "go", None),
        ("immunoglobulin", date(2026, 2, 1), "MMR", "later", date(2026, 5, 1)),
        ("immunoglobulin", date(2025, 12, 3), "MMR", "go", None),  # three months are over today
        ("immunoglobulin", date(2025, 12, 4), "MMR", "later", date(2026, 3, 4)),
        ("immunoglobulin", date(2025, 11, 30), "VAR", "go", None),
        ("immunoglobulin", date(2026, 2, 1), "BCG", "go", None),
        ("immunoglobulin", date(2026, 2, 1), "bOPV", "go", None),
        ("immunoglobulin", date(2026, 2, 1), "HepB", "go", None),
        ("anti_b", date(2025, 9, 4), "HepB", "later", date(2026, 3, 4)),
        ("anti_b", date(2025, 9, 3), "HepB", "go", None),
        ("live", date(2026, 2, 3), "MMR", "go", None),  # the 28th day
        ("live", date(2026, 2, 4), "MMR", "later", date(2026, 3, 4)),
        ("live", date(2026, 2, 4), "BCG", "later", date(2026, 3, 4)),
        ("live", date(2026, 2, 4), "bOPV", "go", None),
        ("live", date(2026, 2, 4), "DTaP", "go", None),
        ("live", ON, "MMR", "go", None),  # on one day
        ("fever", None, "no vaccine of ours", "nurse", None),
    ],
)
def test_a_yes(question, day, vaccine, verdict, until):
    outcome = judge(ASKED, {question: Answer("yes", day)}, vaccine, ON)
    assert (outcome.verdict, outcome.until) == (verdict, until)


def test_a_wait_is_stronger_than_a_doubt_and_the_longest_counts():
    answers = {
        "fever": Answer("yes"),
        "live": Answer("yes", date(2026, 2, 20)),
        "immunoglobulin": Answer("yes", date(2026, 2, 20)),
    }
    outcome = judge(ASKED, answers, "MMR", ON)
    assert (outcome.verdict, outcome.until) == (Verdict.LATER, date(2026, 5, 20))
    assert [rule.question for rule in outcome.rules] == ["fever", "immunoglobulin", "live"]


def test_every_question_has_a_rule_and_every_wait_a_day():
    assert {rule.question for rule in ASKED.rules} == set(CODES)
    assert {rule.question for rule in ASKED.rules if "wait" in rule.more} == {
        question.code for question in ASKED.questions if question.asks_day
    }


def test_the_gravest_of_several():
    assert ASKED.consequences == tuple(Verdict)
    assert ASKED.gravest([Verdict.GO, Verdict.LATER, Verdict.NURSE]) == Verdict.LATER
    assert ASKED.gravest([]) == Verdict.GO


@pytest.mark.parametrize(("hours", "fresh"), [(0, True), (24, True), (24.01, False)])
def test_answers_hold_for_a_day(hours, fresh):
    at = datetime.fromisoformat("2026-03-02T04:00:00+00:00")
    assert is_fresh(at, at + timedelta(hours=hours), GOOD_FOR) is fresh


answer = st.builds(Answer, st.sampled_from(["no", "yes"]), st.dates(date(2025, 6, 1), ON))
answered = st.fixed_dictionaries(dict.fromkeys(CODES, answer))


@given(answered, st.sampled_from(sorted(vaccines())), st.sampled_from(CODES))
def test_a_no_never_makes_it_worse_and_a_day_is_said_when_it_is_later(answers, vaccine, code):
    order = list(Verdict)
    outcome = judge(ASKED, answers, vaccine, ON)
    milder = judge(ASKED, answers | {code: Answer("no")}, vaccine, ON)
    assert order.index(milder.verdict) <= order.index(outcome.verdict)
    assert (outcome.until is not None) == (outcome.verdict is Verdict.LATER)
    if outcome.until:
        assert outcome.until > ON
        wait_only = {c: a for c, a in answers.items() if c in ("immunoglobulin", "anti_b", "live")}
        assert judge(ASKED, wait_only, vaccine, outcome.until).verdict is Verdict.GO
