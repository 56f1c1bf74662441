"""Which health check is next: the specification's rules, case by case."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.ages import add_months, age_months
from clinic.checkups.due.next_check import due, screen_action
from clinic.checkups.due.schedule import check_ages

EXAMPLES = Path(__file__).parent / "data" / "examples_checkups.json"
BORN = date(2024, 1, 31)


def asked(app, text):
    """Standard output and the rest of `checkups due -` told that text."""
    return app.test_cli_runner().invoke(args=["checkups", "due", "-"], input=text)


@pytest.mark.parametrize(
    "case", json.loads(EXAMPLES.read_text("utf-8"))["cases"], ids=lambda case: case["id"]
)
def test_worked_examples(app, case):
    (answer,) = json.loads(asked(app, json.dumps({"cases": [case]})).stdout)["cases"]
    expected = dict(case["expected"])
    assert set(expected.pop("items_include", [])) <= set(answer["items"])
    assert {key: answer[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("on", "done", "visit", "overdue"),
    [
        (BORN + timedelta(27), ["NB"], "M1", False),
        (BORN + timedelta(30), ["NB"], "M1", False),
        (BORN + timedelta(31), ["NB"], "M1", True),
        (date(2024, 4, 29), ["NB", "M1"], "M3", False),
        (date(2024, 6, 15), ["NB", "M1"], "M3", True),
        (date(2024, 6, 15), ["M3"], "M6", False),
        (date(2024, 7, 31), [], "M6", False),
        (date(2024, 8, 30), [], "M6", False),
        (date(2024, 8, 31), [], "M6", True),
        (date(2027, 12, 1), ["M36"], "Y4", False),
        (date(2028, 1, 30), [], "M36", True),
        (date(2029, 1, 30), [], "Y4", False),
        (date(2031, 1, 30), ["Y5"], "Y6", False),
        (date(2031, 1, 31), ["Y5"], None, False),
        (date(2030, 6, 1), ["Y6"], None, False),
    ],
)
def test_next(on, done, visit, overdue):
    found = due(BORN, on, done)
    assert (found.check_age and found.check_age.id, found.overdue) == (visit, overdue)


@pytest.mark.parametrize(
    ("on", "overdue"),
    [(date(2024, 2, 2), False), (date(2024, 2, 10), False), (date(2024, 2, 11), True)],
)
def test_home_visit_counts_from_discharge(on, overdue):
    found = due(BORN, on, discharge=date(2024, 2, 3))
    assert found.check_age
    assert found.check_age.id == "NB"
    assert (found.due_from, found.due_by) == (date(2024, 2, 3), date(2024, 2, 10))
    assert found.overdue is overdue


@pytest.mark.parametrize(
    ("months", "done", "hb_done", "needed"),
    [
        (6, [], None, True),
        (6, [], True, False),
        (8, ["M6"], None, False),
        (8, ["M3"], None, True),
        (8, ["M6"], False, True),
        (12, [], None, False),
        (18, [], None, True),
        (24, [], None, False),
        (30, [], None, True),
        (36, [], None, False),
        (48, [], None, True),
        (60, [], None, True),
        (72, [], None, True),
    ],
)
def test_haemoglobin(months, done, hb_done, needed):
    found = due(BORN, add_months(BORN, months), done, hb_done=hb_done)
    assert (found.hb_needed, "haemoglobin" in found.items) == (needed, needed)


@pytest.mark.parametrize(
    ("positive", "regression", "action"),
    [([], False, "none"), (["不会独走"], False, "refer"), ([], True, "refer")],
)
def test_screens(positive, regression, action):
    assert screen_action(positive, regression=regression)[0] == action


def test_eleven_screens_and_six_tcm_services():
    assert len([visit for visit in check_ages() if visit.warning_signs]) == 11
    assert [visit.id for visit in check_ages() if visit.tcm] == [
        "M6",
        "M12",
        "M18",
        "M24",
        "M30",
        "M36",
    ]


@given(
    st.dates(date(2015, 1, 1), date(2026, 1, 1)),
    st.integers(0, 3000),
    st.sets(st.sampled_from([visit.id for visit in check_ages()])),
)
def test_a_done_check_is_never_offered_and_the_window_is_one(birth, days, done):
    found = due(birth, birth + timedelta(days), done, discharge=birth)
    if found.check_age is None:
        assert "Y6" in done or age_months(birth, birth + timedelta(days)) >= 84
        return
    assert found.check_age.id not in done
    assert found.due_from is not None
    assert found.due_by is not None
    assert found.due_from <= found.due_by


def test_bad_cases_are_named_and_good_ones_answered(app):
    good = {"id": "G", "birth_date": "2026-01-01", "as_of": "2026-02-01", "completed": ["NB"]}
    bad = [
        good | {"id": "B1", "birth_date": "2026-13-01"},
        good | {"id": "B2", "completed": ["M2"]},
        good | {"id": "B3", "as_of": "2025-01-01"},
        good | {"id": "B4", "screen": [1]},
        7,
    ]
    told = asked(app, json.dumps({"cases": [*bad, good]}))
    assert told.exit_code == 1
    assert [case["id"] for case in json.loads(told.stdout)["cases"]] == ["G"]
    assert [line.split(":")[0] for line in told.stderr.splitlines()] == [
        "B1",
        "B2",
        "B3",
        "B4",
        "case 5",
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cases": 3}'])
def test_no_file_of_cases(app, text):
    told = asked(app, text)
    assert (told.exit_code, told.stdout, len(told.stderr.splitlines())) == (1, "", 1)
