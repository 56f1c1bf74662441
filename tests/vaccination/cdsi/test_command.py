"""`vaccination forecast --programme cdc`: cases in the CDC's shape in, its answers out."""

import json

import pytest

from tests.vaccination.cdsi.conformance import CASES

FAR = {"dob": "9990-01-01", "assessment_date": "9999-01-01", "doses": []}
GOOD = next(case for case in CASES if case["id"] == "2013-0002")


def said(app, text):
    """What the command says to that input."""
    args = ["vaccination", "forecast", "-", "--programme", "cdc"]
    return app.test_cli_runner().invoke(args=args, input=text)


def asked(app, *cases):
    """What the command says to these cases."""
    return said(app, json.dumps({"cases": list(cases)}))


def test_an_answer(app):
    result = asked(app, GOOD)
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "cases": [
            {
                "id": "2013-0002",
                "evaluation": [
                    {"date": "2025-10-15", "cvx": "107", "evaluation": "Valid", "reason": None},
                    {
                        "date": "2025-11-10",
                        "cvx": "107",
                        "evaluation": "Not Valid",
                        "reason": "Age: Too Young",
                    },
                ],
                "series_status": "Not complete",
                "forecast_dose": "2",
                "earliest": "2025-12-08",
                "recommended": "2026-01-06",
                "past_due": "2026-03-05",
            }
        ]
    }


def test_a_complete_series_has_no_dates(app):
    complete = next(case for case in CASES if case["series_status"] == "Complete")
    (found,) = json.loads(asked(app, complete).stdout)["cases"]
    keys = ("forecast_dose", "earliest", "recommended", "past_due")
    assert [found[key] for key in keys] == [None] * 4


def test_a_list_alone_is_cases_too(app):
    assert said(app, json.dumps([GOOD])).stdout == asked(app, GOOD).stdout


def test_doses_are_told_in_the_order_of_the_case(app):
    turned = GOOD | {"doses": GOOD["doses"][::-1]}
    (found,) = json.loads(asked(app, GOOD).stdout)["cases"]
    (other,) = json.loads(asked(app, turned).stdout)["cases"]
    assert other == found | {"evaluation": found["evaluation"][::-1]}


def test_a_file_and_the_national_programme_as_the_default(app, tmp_path):
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"cases": [GOOD]}), encoding="utf-8")
    runner = app.test_cli_runner()
    args = ["vaccination", "forecast", str(file)]
    assert runner.invoke(args=[*args, "--programme", "cdc"]).exit_code == 0
    assert (
        runner.invoke(args=args).stderr
        == "2013-0002: as_of must be a date like 2026-11-25, not None\n"
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"dob": None}, "dob must be a date"),
        ({"dob": "2025-02-30"}, "dob must be a date"),
        ({"assessment_date": "2025-09-05"}, "assessment_date cannot lie before dob"),
        ({"sex": "X"}, "sex must be F or M"),
        ({"condition": "HIV"}, "only the schedule of healthy persons"),
        ({"vaccine_group": "FLUX"}, "unknown vaccine group 'FLUX'"),
        ({"vaccine_group": None}, "vaccine_group must be a word"),
        ({"doses": "107"}, "doses must be a list"),
        ({"doses": ["107"]}, "objects"),
        ({"doses": [{"date": "2025-10-15"}]}, "each dose needs a cvx"),
        ({"doses": [{"date": "2025-10-15", "cvx": 107}]}, "each dose needs a cvx"),
        ({"doses": [{"date": "2025-10-15", "cvx": "107", "mvx": 1}]}, "each dose needs a cvx"),
        ({"doses": [{"date": "2025-10-15", "cvx": "9999"}]}, "unknown vaccine '9999'"),
        ({"doses": [{"date": "2025-09-05", "cvx": "107"}]}, "before dob"),
        ({"doses": [{"date": "soon", "cvx": "107"}]}, "date must be a date"),
        ({**FAR, "vaccine_group": "ZOSTER"}, "year"),
    ],
)
def test_a_bad_case_is_one_line_and_the_good_ones_are_answered(app, change, why):
    result = asked(app, GOOD | {"id": "BAD"} | change, GOOD)

    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("BAD: ")
    assert why in line
    assert [case["id"] for case in json.loads(result.stdout)["cases"]] == [GOOD["id"]]


@pytest.mark.parametrize("text", ["", "no JSON", "{}", '"text"', "7", '{"cases": {}}'])
def test_a_file_without_cases_is_refused_in_one_line(app, text):
    result = said(app, text)
    assert result.exit_code == 1
    assert result.stderr == "Error: The file is not JSON with a list of cases.\n"
