"""The schedule of the 2026 edition, row by row as the official table has it: from which age, before which age."""

from datetime import date, timedelta

import pytest

from clinic.vaccination.programme.child import Condition, Dose, Recipient
from clinic.vaccination.programme.forecast import forecast
from clinic.vaccination.programme.national import national, period

BORN = date(2014, 3, 10)  # a girl for whom every row of the table comes
DAY = timedelta(days=1)

# vaccine, number of the dose, minimum age, to be complete before; intervals never govern here
TABLE = {
    "HEPB": [("HepB", 1, "P0D", "P1D"), ("HepB", 2, "P1M", None), ("HepB", 3, "P6M", "P12M")],
    "BCG": [("BCG", 1, "P0D", "P3M")],
    "POLIO": [
        ("IPV", 1, "P2M", None),
        ("IPV", 2, "P3M", None),
        ("bOPV", 3, "P4M", "P12M"),
        ("bOPV", 4, "P4Y", "P5Y"),
    ],
    "DTAP": [
        ("DTaP", 1, "P2M", None),
        ("DTaP", 2, "P4M", None),
        ("DTaP", 3, "P6M", "P12M"),
        ("DTaP", 4, "P18M", "P24M"),
        ("DTaP", 5, "P6Y", "P7Y"),
    ],
    "MMR": [("MMR", 1, "P8M", "P12M"), ("MMR", 2, "P18M", "P24M")],
    "JE": [("JE-L", 1, "P8M", "P12M"), ("JE-L", 2, "P2Y", "P3Y")],
    "MEN": [
        ("MPSV-A", 1, "P6M", "P12M"),
        ("MPSV-A", 2, "P9M", "P24M"),
        ("MPSV-AC", 3, "P3Y", "P4Y"),
        ("MPSV-AC", 4, "P6Y", "P7Y"),
    ],
    "HEPA": [("HepA-L", 1, "P18M", "P24M")],
    "HPV": [("2vHPV", 1, "P13Y", "P14Y"), ("2vHPV", 2, "P13Y6M", "P14Y")],
}
# Of the inactivated kinds, the rows after the first; that one is for a child who may not have live ones.
INACTIVATED = {
    "JE": [
        ("JE-I", 1, "P8M", None),
        ("JE-I", 2, "P8M7D", "P12M"),
        ("JE-I", 3, "P2Y", "P3Y"),
        ("JE-I", 4, "P6Y", "P7Y"),
    ],
    "HEPA": [("HepA-I", 1, "P18M", "P24M"), ("HepA-I", 2, "P24M", "P3Y")],
}
# What is asked for when the time of a row is over: a test before BCG, another vaccine.
AFTERWARDS = {("BCG", 1): "BCG", ("DTaP", 5): "DT", ("MPSV-A", 2): "MPSV-AC"}
ROWS = [
    (series, rows[:at], row, conditions)
    for table, conditions in ((TABLE, ()), (INACTIVATED, (Condition.HIV_EXPOSED,)))
    for series, rows in table.items()
    for at, row in enumerate(rows)
]


def line_of(series, before, day, conditions):
    """The series on that day, every dose before given on its first day."""
    doses = [Dose(vaccine, period(age).after(BORN)) for vaccine, _, age, _ in before]
    lines = forecast(Recipient(BORN, "F", frozenset(conditions)), doses, day)
    return next(line for line in lines if line.series == series)


@pytest.mark.parametrize(
    ("series", "before", "row", "conditions"),
    ROWS,
    ids=[f"{row[0]}-{row[1]}" for *_, row, _ in ROWS],
)
def test_a_row_of_the_table(series, before, row, conditions):
    vaccine, number, age, complete_before = row
    first = period(age).after(BORN)
    line = line_of(series, before, first, conditions)
    last = period(complete_before).after(BORN) if complete_before else None
    assert (line.vaccine, line.number, line.earliest, line.complete_before) == (
        vaccine,
        number,
        first,
        last,
    )
    assert line.status == "due"
    if first > BORN:
        assert line_of(series, before, first - DAY, conditions).status == "upcoming"
    if last:
        then = line_of(series, before, last, conditions)
        assert line_of(series, before, last - DAY, conditions).status == "due"
        if vaccine_then := AFTERWARDS.get((vaccine, number)):
            assert (then.vaccine, then.status != "overdue") == (vaccine_then, True)
        else:
            assert then.status == "overdue"


@pytest.mark.parametrize("series", TABLE)
def test_after_the_last_row_it_is_complete(series):
    assert line_of(series, TABLE[series], date(2029, 3, 10), ()).status == "complete"


def test_the_table_is_all_of_the_programme():
    shown = {(row.vaccine, row.number) for rows in national().series.values() for row in rows}
    here = {row[:2] for table in (TABLE, INACTIVATED) for rows in table.values() for row in rows}
    # DT is for catching up; four doses of HepB for children under 2000 g: see the rules.
    assert shown - here == {("DT", 1), ("HepB", 4)}
    assert here <= shown
