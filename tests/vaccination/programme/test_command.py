"""`vaccination forecast`: files of cases in, forecasts out; a bad case is one line and harms no other."""

import json
from pathlib import Path

import pytest

EXAMPLES = json.loads((Path(__file__).parent / "data" / "examples.json").read_text("utf-8"))
GOOD = EXAMPLES["cases"][0]


def asked(app, *cases):
    """What the command says to these cases."""
    text = json.dumps({"cases": list(cases)})
    return app.test_cli_runner().invoke(args=["vaccination", "forecast", "-"], input=text)


@pytest.mark.parametrize("case", EXAMPLES["cases"], ids=lambda case: case["id"])
def test_worked_examples(app, case):
    (answer,) = json.loads(asked(app, case).stdout)["cases"]
    found = {one["series"]: one for one in answer["forecast"]}
    compared = ("vaccine", "dose", "status", "earliest", "recommended", "complete_before")
    for expected in case["expected"]:
        one = found[expected["series"]]
        assert {key: one[key] for key in compared} == {key: expected[key] for key in compared}


def test_every_line_has_its_reason_in_both_languages_and_its_rule(app):
    (answer,) = json.loads(asked(app, GOOD).stdout)["cases"]
    assert all(one["reason"] and one["reason_zh"] and one["rule"] for one in answer["forecast"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"as_of": "2026-11-01"}, "as_of cannot lie before birth_date"),
        ({"as_of": "soon"}, "as_of must be a date"),
        ({"child": None}, "objects"),
        ({"child": GOOD["child"] | {"sex": "X"}}, "sex must be F or M"),
        ({"child": GOOD["child"] | {"conditions": ["purple"]}}, "unknown condition 'purple'"),
        ({"history": [{"vaccine": "BCG", "date": "2026-11-19"}]}, "not between birth and as_of"),
        ({"history": [{"vaccine": "BCG", "date": "2026-11-21"}]}, "not between birth and as_of"),
        ({"history": [{"vaccine": "XYZ", "date": "2026-11-20"}]}, "unknown vaccine 'XYZ'"),
        ({"history": [{"vaccine": "BCG", "date": "2026-11-20"}] * 2}, "twice"),
    ],
)
def test_a_bad_case_is_one_line_and_the_good_ones_are_answered(app, change, said):
    result = asked(app, GOOD | {"id": "BAD"} | change, GOOD)

    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("BAD: ")
    assert said in line
    assert [case["id"] for case in json.loads(result.stdout)["cases"]] == [GOOD["id"]]
