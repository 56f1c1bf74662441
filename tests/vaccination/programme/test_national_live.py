"""Catching up and exceptions in the 2026 edition, by rule: MMR, JE, meningococcal, HepA, HPV; live vaccines, immunoglobulin, weak children."""

from datetime import date

import pytest

from tests.vaccination.programme.test_national import of, said

# rule: series, doses given, what else, expected
CASES = {
    "MMR 1-2: 28 days": (
        ("MMR", "MMR 2026-11-01"),
        {},
        ("upcoming", "MMR", 2, "2026-11-29"),
    ),
    "MMR from October 2019 on: a measles-rubella dose is not one of the two": (
        ("MMR", "MR 2020-06-01", "MMR 2021-04-01"),
        {"born": date(2019, 10, 1)},
        ("overdue", "MMR", 2, "2021-04-29"),
    ),
    "MMR of the older cohort: measles twice, but no mumps": (
        ("MMR", "MR 2018-09-15", "M 2019-07-15"),
        {"born": date(2018, 1, 15)},
        ("overdue", "MMR", 2, "2019-08-12"),
    ),
    "JE inactivated 2-3: a month": (
        ("JE", "JE-I 2026-10-20", "JE-I 2026-10-30"),
        {"born": date(2024, 6, 1)},
        ("upcoming", "JE-I", 3, "2026-11-30"),
    ),
    "JE inactivated 3-4: three years": (
        ("JE", "JE-I 2023-10-20", "JE-I 2023-10-30", "JE-I 2024-12-01"),
        {"born": date(2020, 6, 1)},
        ("upcoming", "JE-I", 4, "2027-12-01"),
    ),
    "JE: no live one for a child exposed to HIV, whatever it had": (
        ("JE", "JE-L 2025-09-15"),
        {"conditions": ("hiv_exposed",), "on": date(2027, 2, 1)},
        ("needs_precondition", "JE-I", 2, "2027-01-15"),
    ),
    "HepA: inactivated for a child exposed to HIV": (
        ("HEPA",),
        {"conditions": ("hiv_exposed",)},
        ("due", "HepA-I", 1, "2026-07-15"),
    ),
    "meningococcal A-A: three months": (
        ("MEN", "MPSV-A 2026-10-01"),
        {"born": date(2025, 6, 1)},
        ("upcoming", "MPSV-A", 2, "2027-01-01"),
    ),
    "meningococcal A: the second would come at 24 months, so it is AC": (
        ("MEN", "MPSV-A 2026-10-01"),
        {"born": date(2024, 12, 1)},
        ("upcoming", "MPSV-AC", 3, "2027-01-01"),
    ),
    "meningococcal: a conjugate course before 24 months counts as A": (
        ("MEN", "MCV-AC 2025-08-01", "MCV-AC 2025-11-01"),
        {},
        ("upcoming", "MPSV-AC", 3, "2028-01-15"),
    ),
    "HepA live: once": (
        ("HEPA", "HepA-L 2026-07-15"),
        {},
        ("complete", None, None, None),
    ),
    "HepA: live too soon after an inactivated one": (
        ("HEPA", "HepA-I 2025-06-01", "HepA-L 2025-09-01"),
        {"born": date(2023, 6, 1), "on": date(2025, 10, 1)},
        ("upcoming", "HepA-I", 2, "2026-03-01"),
    ),
    "HPV: the first birthday of the cohort": (
        ("HPV",),
        {"born": date(2011, 11, 10)},
        ("overdue", "2vHPV", 1, "2025-11-10"),
    ),
    "HPV 1-2: later than twelve months": (
        ("HPV", "2vHPV 2025-11-15"),
        {"born": date(2012, 1, 1)},
        ("overdue", "2vHPV", 2, "2026-05-15"),
    ),
    "HPV: one of another kind counts": (
        ("HPV", "9vHPV 2026-09-01"),
        {"born": date(2012, 1, 1)},
        ("upcoming", "2vHPV", 2, "2027-03-01"),
    ),
    "live: who left without the other one waits 28 days": (
        ("JE", "MMR 2026-11-20"),
        {},
        ("upcoming", "JE-L", 1, "2026-12-18"),
    ),
    "oral and inactivated ones keep no distance: drops the day after MMR": (
        ("POLIO", "IPV 2025-03-15", "IPV 2025-04-15", "MMR 2026-11-19"),
        {},
        ("overdue", "bOPV", 3, "2025-05-15"),
    ),
    "oral and inactivated ones keep no distance: MMR the day after drops": (
        ("MMR", "bOPV 2026-11-19", "DTaP 2026-11-19"),
        {},
        ("overdue", "MMR", 1, "2025-09-15"),
    ),
    "live: 28 days from BCG as well": (
        ("MMR", "BCG 2026-11-01"),
        {},
        ("upcoming", "MMR", 1, "2026-11-29"),
    ),
    "immunoglobulin: three months for HepA live": (
        ("HEPA",),
        {"conditions": ("immunoglobulin_2026-10-01",)},
        ("upcoming", "HepA-L", 1, "2027-01-01"),
    ),
    "immunoglobulin: BCG does not wait": (
        ("BCG",),
        {"on": date(2025, 2, 1), "conditions": ("immunoglobulin_2025-01-20",)},
        ("due", "BCG", 1, "2025-01-15"),
    ),
    "immunoglobulin: inactivated JE does not wait": (
        ("JE", "JE-I 2025-10-01"),
        {"on": date(2025, 10, 8), "conditions": ("immunoglobulin_2025-09-20",)},
        ("due", "JE-I", 2, "2025-10-08"),
    ),
    "no contraindication: allergy, eczema": (
        ("MMR",),
        {"conditions": ("allergy_egg", "eczema")},
        ("overdue", "MMR", 1, "2025-09-15"),
    ),
    "radiotherapy: a doctor decides": (
        ("MMR",),
        {"conditions": ("radiotherapy",)},
        ("needs_precondition", "MMR", 1, "2025-09-15"),
    ),
    "antibodies against B cells: a doctor decides": (
        ("HEPB", "HepB 2025-01-15"),
        {"conditions": ("anti_b_cell_2026-08-01",)},
        ("needs_precondition", "HepB", 2, "2025-02-15"),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_rule(case):
    asked, more, expected = case
    assert said(of(*asked, **more)) == expected
