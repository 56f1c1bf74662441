"""A questionnaire is data: whom it asks what, and which rules an answer meets."""

import copy
import json
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.checkups.due import questions as checks
from clinic.checkups.due.schedule import check_ages
from clinic.questionnaires.answers import Answer, read_back, written
from clinic.questionnaires.files import BadData, read, read_versions
from clinic.questionnaires.questionnaire import Versions, unanswered
from clinic.vaccination.jab import screening

BORN, ON = date(2025, 8, 31), date(2026, 3, 2)
# Of the kinds that a triage needs: for some ages, for one sex, a number, "not sure", only staff.
RAW = {
    "code": "ill",
    "version": "1",
    "consequences": ["routine", "same_day", "emergency"],
    "questions": [
        {"code": "blue", "unsure": True, "zh": "发紫吗？", "en": "Is it blue?", "group": "breath"},
        {
            "code": "degrees",
            "zh": "几度？",
            "en": "How warm?",
            "number": {"unit": "°C", "least": 30, "most": 45},
            "age_to": {"months": 3, "days": 0},
            "optional": True,
        },
        {
            "code": "breaths",
            "zh": "一分钟呼吸几次？",
            "en": "Breaths a minute?",
            "number": {"unit": "次", "least": 0, "most": 200},
            "stage": 3,
        },
        {
            "code": "scrotum",
            "zh": "阴囊痛吗？",
            "en": "Pain of the scrotum?",
            "sex": "male",
            "age_from": {"months": 6, "days": 0},
        },
        {"code": "pinch", "zh": "皮肤回弹慢？", "en": "Skin pinch slow?", "asked_by": "staff"},
    ],
    "rules": [
        {
            "question": "blue",
            "when": ["yes", "unsure"],
            "consequence": "emergency",
            "call_120": True,
            "zh": "紫",
            "en": "Blue",
        },
        {
            "question": "degrees",
            "when": {"least": 37.5, "most": 37.9},
            "consequence": "same_day",
            "zh": "热",
            "en": "Warm",
        },
        {
            "question": "degrees",
            "when": {"least": 38},
            "consequence": "emergency",
            "zh": "高热",
            "en": "Hot",
        },
        {
            "question": "breaths",
            "when": {"above": 60},
            "consequence": "emergency",
            "zh": "快",
            "en": "Fast",
        },
        {"question": "pinch", "consequence": "same_day", "zh": "脱水", "en": "Dry"},
    ],
}
ILL = read(RAW)


@pytest.mark.parametrize(
    ("on", "sex", "by_staff", "codes"),
    [
        (date(2025, 8, 31), "female", False, "blue degrees breaths"),
        (date(2025, 11, 29), "female", False, "blue degrees breaths"),
        (date(2025, 11, 30), "female", False, "blue breaths"),  # three months, by the shorter month
        (date(2026, 2, 27), "male", False, "blue breaths"),
        (date(2026, 2, 28), "male", False, "blue breaths scrotum"),
        (date(2026, 2, 28), "female", False, "blue breaths"),
        (date(2026, 2, 28), "male", True, "blue breaths scrotum pinch"),
    ],
)
def test_who_is_asked_what(on, sex, by_staff, codes):
    asked = ILL.asked_of(BORN, sex, on, by_staff=by_staff)
    assert [question.code for question in asked] == codes.split()


@pytest.mark.parametrize(
    ("answers", "met", "gravest"),
    [
        ({}, [], "routine"),
        ({"blue": "no", "breaths": "60"}, [], "routine"),
        ({"blue": "unsure"}, ["Blue"], "emergency"),
        ({"degrees": "37.4"}, [], "routine"),
        ({"degrees": "37.5"}, ["Warm"], "same_day"),
        ({"degrees": "37.9", "pinch": "yes"}, ["Warm", "Dry"], "same_day"),
        ({"degrees": "38.0"}, ["Hot"], "emergency"),
        ({"breaths": "60.5", "pinch": "yes"}, ["Fast", "Dry"], "emergency"),
        ({"degrees": "yes", "blue": "39"}, [], "routine"),  # an answer to something else
    ],
)
def test_which_rules_answers_meet(answers, met, gravest):
    rules = ILL.counting({code: Answer(value) for code, value in answers.items()})
    assert [rule.text_en for rule in rules] == met
    assert ILL.gravest(rule.consequence for rule in rules) == gravest


def test_what_only_the_room_understands_is_handed_on():
    assert ILL.rules[0].more == {"call_120": True}


def test_what_is_unanswered():
    answers = {"blue": Answer("perhaps"), "breaths": Answer("201"), "pinch": Answer("no")}
    assert codes(unanswered(ILL.questions, answers)) == ["blue", "breaths", "scrotum"]
    asked = ILL.asked_of(BORN, "female", ON)
    assert codes(unanswered(asked, answers)) == ["blue", "breaths"]


def codes(questions):
    return [question.code for question in questions]


def test_a_part_has_the_rules_about_it():
    part = ILL.of(ILL.asked_of(BORN, "female", ON), "ill-first")
    assert part.code == "ill-first"
    assert [rule.question for rule in part.rules] == ["blue", "breaths"]


def changed(change):
    raw = copy.deepcopy(RAW)
    change(raw)
    return raw


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw["questions"].append(raw["questions"][0]),
        lambda raw: raw["questions"][0].pop("en"),
        lambda raw: raw["questions"][0].update(options="a set that is not there"),
        lambda raw: raw["questions"][1]["number"].update(least="cold"),
        lambda raw: raw["questions"][1].update(age_to={"months": 3}),
        lambda raw: raw["rules"][0].update(question="green"),
        lambda raw: raw["rules"][0].update(consequence="panic"),
        lambda raw: raw["rules"][0].update(when=["perhaps"]),
        lambda raw: raw["rules"][0].update(when={"least": 3}),
        lambda raw: raw["rules"][1].update(when=["yes"]),
        lambda raw: raw["rules"][1].update(when={"around": 38}),
        lambda raw: raw["rules"][0].pop("zh"),
        lambda raw: raw["questions"][3].update(sex="boys"),
        lambda raw: raw["questions"][4].update(asked_by="nurse"),
        lambda raw: raw.pop("version"),
    ],
)
def test_data_that_do_not_add_up_are_refused(change):
    with pytest.raises(BadData):
        read(changed(change))


def test_every_version_is_a_file_and_the_newest_is_asked(tmp_path):
    for version in ("2026-02-01", "2026-10-01", "2026-09-01"):
        text = json.dumps(RAW | {"version": version})
        (tmp_path / f"{version}.json").write_text(text, encoding="utf-8")
    versions = read_versions(tmp_path)
    assert (versions.code, versions.current.version) == ("ill", "2026-10-01")
    assert versions.of("2026-02-01").version == "2026-02-01"
    (tmp_path / "copy.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadData):
        read_versions(tmp_path)


def test_an_answer_counts_on_while_its_question_is_asked_in_the_same_words():
    def reword(raw):
        raw["version"] = "2"
        raw["questions"][0]["en"] = "Are the lips blue?"
        raw["questions"][1]["number"]["most"] = 43
        raw["rules"].pop()
        raw["questions"].pop()

    versions = Versions((ILL, read(changed(reword))))
    answers = {question.code: Answer("40") for question in ILL.questions}
    assert list(versions.still_answered("1", answers)) == ["breaths", "scrotum"]
    assert list(versions.still_answered("2", answers)) == ["blue", "degrees", "breaths", "scrotum"]


def test_an_answer_to_a_version_whose_file_is_gone_counts_no_more():
    versions = Versions((ILL,))
    assert versions.of("0") is None
    assert versions.still_answered("0", {"blue": Answer("no")}) == {}


answers = st.dictionaries(
    st.sampled_from([question.code for question in ILL.questions]),
    st.builds(
        Answer, st.sampled_from(["yes", "no", "unsure", "37.6", "62"]), st.none() | st.dates()
    ),
)


@given(answers, st.sampled_from([question.code for question in ILL.questions]))
def test_a_yes_more_never_makes_it_milder_and_what_is_written_reads_back(answers, code):
    assert read_back(json.loads(json.dumps(written(answers)))) == answers
    order = ILL.consequences.index
    before = ILL.gravest(rule.consequence for rule in ILL.counting({**answers, code: Answer("no")}))
    after = ILL.gravest(rule.consequence for rule in ILL.counting({**answers, code: Answer("yes")}))
    assert order(before) <= order(after)


HOUSE = [screening.versions(), *(checks.versions(check_age) for check_age in check_ages())]


@pytest.mark.parametrize("versions", HOUSE, ids=lambda versions: versions.code)
def test_the_questions_of_the_house_are_whole(versions):
    assert all(one.version < other.version for one, other in pairwise(versions.all))
    for questionnaire in versions.all:
        for question in questionnaire.questions:
            assert question.text_zh
            assert question.text_en
            assert question.number or len(question.options) > 1
