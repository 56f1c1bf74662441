"""Growth scores: worked examples, the standards' edges, and what no standard defines."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.checkups.growth import china, who

EXAMPLES = Path(__file__).parent / "data" / "examples_growth.json"


def asked(app, *cases):
    return app.test_cli_runner().invoke(
        args=["growth", "score", "-"], input=json.dumps({"cases": cases})
    )


@pytest.mark.parametrize(
    "case", json.loads(EXAMPLES.read_text("utf-8"))["cases"], ids=lambda case: case["id"]
)
def test_worked_examples(app, case):
    (answer,) = json.loads(asked(app, case).stdout)["cases"]
    for key, value in case["expected"].items():
        if key.endswith("_z") and value is not None:
            assert answer[key] == pytest.approx(value, abs=case["tolerance"] + 1e-9)
        elif key != "why":
            assert answer[key] == value


@pytest.mark.parametrize(
    ("metric", "value", "nutrition", "grade"),
    [  # boys of 12 months: weight 7.4 8.2 9.1 10.1 11.2 12.4 13.9
        ("weight_for_age", 7.39, "重度低体重", "下"),
        ("weight_for_age", 7.4, "低体重", "下"),
        ("weight_for_age", 8.19, "低体重", "下"),
        ("weight_for_age", 8.2, None, "中下"),
        ("weight_for_age", 9.1, None, "中"),
        ("weight_for_age", 11.2, None, "中上"),
        ("weight_for_age", 12.4, None, "上"),
        ("weight_for_age", 20, None, "上"),
    ],
)
def test_edges_belong_to_the_upper_grade(metric, value, nutrition, grade):
    assert china.assess(metric, "M", value, age_months=12) == (nutrition, grade)


@pytest.mark.parametrize("metric", ["bmi_for_age", "weight_for_length_height"])
def test_words_for_fat_and_thin(metric):
    table = "bmi_for_age" if metric == "bmi_for_age" else "weight_for_length"
    edges = china.row(table, "F", 12 if table == "bmi_for_age" else 75)
    assert edges is not None
    words = [
        china.assess(metric, "F", edge, age_months=12, height_cm=75)[0] for edge in [1, *edges]
    ]
    assert words == ["重度消瘦", "消瘦", None, None, None, "超重", "肥胖", "重度肥胖"]


@pytest.mark.parametrize(
    ("metric", "age", "height"),
    [
        ("weight_for_age", 84, None),
        ("head_circumference_for_age", 37, None),
        ("weight_for_length_height", 12, 44.9),
        ("weight_for_length_height", 12, None),
    ],
)
def test_outside_the_tables_nothing_is_said(metric, age, height):
    found = china.assess(metric, "M", 10, age_months=age, height_cm=height)
    assert found == (None, None)


def test_the_way_of_measuring_is_corrected():
    lying = who.scores_2006("F", 800, weight_kg=12, height_cm=88.7, measured="lying")
    assert lying == who.scores_2006("F", 800, weight_kg=12, height_cm=88.0, measured="standing")
    standing = who.scores_2006("F", 700, weight_kg=12, height_cm=84.3, measured="standing")
    assert standing == who.scores_2006("F", 700, weight_kg=12, height_cm=85.0, measured="lying")
    assert china.assess("length_height_for_age", "F", 80.1, age_months=23, measured="standing") == (
        china.assess("length_height_for_age", "F", 80.8, age_months=23)
    )


@pytest.mark.parametrize(
    ("sex", "age", "bmi", "word"),
    [
        ("M", 6, 16.39, None),
        ("M", 6.49, 16.4, "超重"),
        ("M", 6, 17.7, "肥胖"),
        ("F", 18, 28, "肥胖"),
        ("F", 18.5, 40, None),
        ("F", 5.99, 40, None),
    ],
)
def test_school_age(sex, age, bmi, word):
    assert china.overweight(sex, age, bmi) == word


@given(st.sampled_from("MF"), st.integers(0, 1856), st.floats(-6, 6))
def test_only_weight_goes_on_linearly(sex, days, z):
    for name in ("by_day.wfa", "by_day.lfa", "by_day.hcfa"):
        xs, lms = who.table(name, sex)
        assert xs[days] == days
        low, high = (who.value_at(step, *lms[days]) for step in (2, 3))
        edge = who.value_at(max(-3, min(3, z)), *lms[days])
        if name == "by_day.wfa" and z > 3:
            y = edge + (z - 3) * (high - low)
        elif name == "by_day.wfa" and z < -3:
            y = edge + (z + 3) * (who.value_at(-2, *lms[days]) - edge)
        else:
            y = who.value_at(z, *lms[days])
        if y > 0:
            assert who.z_score(name, sex, days, y) == pytest.approx(z, abs=0.00501)


@given(st.sampled_from("MF"), st.sampled_from(["A", "B"]), st.floats(0, 81))
def test_columns_rise(sex, kind, months):
    for metric in ("weight_for_age", "length_height_for_age", "bmi_for_age"):
        found = china.row(metric, sex, months, kind=kind)
        assert found is not None
        assert found == sorted(set(found))


def test_what_a_standard_does_not_define_is_null(app):
    cases = [
        {"id": "1", "standard": "WHO 2006", "sex": "M", "age_days": 1857, "weight_kg": 20},
        {"id": "2", "standard": "WHO 2007", "sex": "M", "age_months": 121, "weight_kg": 20},
        {"id": "3", "standard": "WHO 2007", "sex": "M", "age_months": 229, "height_cm": 170},
    ]
    for answer in json.loads(asked(app, *cases).stdout)["cases"]:
        assert {value for key, value in answer.items() if key != "id"} == {None}


def test_bad_cases(app):
    good = {"id": "G", "standard": "WHO 2006", "sex": "M", "age_days": 0, "weight_kg": 4.2}
    told = asked(
        app,
        good | {"id": "1", "sex": "X"},
        good | {"id": "2", "standard": "CDC"},
        good | {"id": "3", "weight_kg": "4.2"},
        good,
    )
    assert told.exit_code == 1
    assert [case["wfa_z"] for case in json.loads(told.stdout)["cases"]] == [1.62]
    assert [line[:2] for line in told.stderr.splitlines()] == ["1:", "2:", "3:"]


@pytest.mark.parametrize(
    ("months", "days"), [(0, 0), (1, 30), (6, 183), (12, 365), (24, 731), (36, 1096), (60, 1826)]
)
def test_months_are_whole_days_as_who_rounds_them(app, months, days):
    body = {
        "standard": "WHO 2006",
        "sex": "M",
        "weight_kg": 12.2,
        "height_cm": 87.1,
        "head_cm": 48.3,
    }
    by_months = body | {"id": "months", "age_months": months, "measured": "standing"}
    by_days = body | {"id": "days", "age_days": days, "measured": "standing"}
    first, second = json.loads(asked(app, by_months, by_days).stdout)["cases"]
    assert first | {"id": ""} == second | {"id": ""}
    assert first["wfa_z"] == who.z_score("by_day.wfa", "M", days, 12.2)
