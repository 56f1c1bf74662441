"""The CDC's published test cases: the shares reached are a floor, and the page that tells them is true."""

from pathlib import Path

import pytest

from tests.vaccination.cdsi.conformance import CASES, counts, rights, table

DOC = Path(__file__).parents[3] / "docs" / "cdsi.md"

# Why a dose does not count is told in one word; where there are two reasons the CDC's choice varies.
ANOTHER_REASON = {"2013-0823", "2018-0022", "2020-0001"}


def test_status_dates_number_and_evaluation_are_as_published_in_every_case():
    wrong = {case["id"]: rights(case) for case in CASES}
    parts = ("core", "number", "evaluation")
    assert [name for name, one in wrong.items() if not all(one[part] for part in parts)] == []


def test_the_reasons_are_as_published_but_for_three():
    assert {case["id"] for case in CASES if not rights(case)["reason"]} == ANOTHER_REASON


@pytest.mark.parametrize(
    ("group", "cases"),
    [
        ("DTAP", 76),
        ("POL", 75),
        ("HepB", 42),
        ("HIB", 43),
        ("MMR", 28),
        ("VAR", 20),
        ("HepA", 12),
        ("ROTA", 18),
        ("PCV", 47),
        ("HPV", 56),
        ("MCV", 10),
    ],
)
def test_no_group_of_childhood_lost_its_cases(group, cases):
    assert counts()[group]["cases"] == cases


def test_the_page_tells_what_is_counted_here():
    assert "\n".join(table()) in DOC.read_text(encoding="utf-8")
