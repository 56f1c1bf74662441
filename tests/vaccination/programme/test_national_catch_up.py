"""Catching up in the 2026 edition, a case for each sentence, by its rule: HepB, BCG, polio, DTaP."""

from datetime import date

import pytest

from tests.vaccination.programme.test_national import of, said

# rule: series, doses given, what else, expected
CASES = {
    "general: no series begins anew, however long ago its first dose": (
        ("HEPB", "HepB 2015-02-01"),
        {"born": date(2015, 1, 15)},
        ("due", "HepB", 2, "2015-03-01"),
    ),
    "general: up to the day before 18 years": (
        ("POLIO",),
        {"born": date(2008, 11, 21)},
        ("due", "IPV", 1, "2009-01-21"),
    ),
    "month ends: one month after 31 January is the last of February": (
        ("HEPB", "HepB 2025-01-31"),
        {"born": date(2025, 1, 31), "on": date(2025, 2, 28)},
        ("due", "HepB", 2, "2025-02-28"),
    ),
    "HepB 1-2: 28 days": (
        ("HEPB", "HepB 2025-04-20"),
        {"on": date(2025, 5, 17)},
        ("upcoming", "HepB", 2, "2025-05-18"),
    ),
    "HepB 2-3: 60 days": (
        ("HEPB", "HepB 2025-01-15", "HepB 2025-07-01"),
        {"on": date(2025, 8, 1)},
        ("upcoming", "HepB", 3, "2025-08-30"),
    ),
    "HepB 3 too soon: 60 days from it, and four months from the first only once": (
        ("HEPB", "HepB 2025-01-15", "HepB 2025-02-15", "HepB 2025-06-20"),
        {"on": date(2025, 7, 1)},
        ("upcoming", "HepB", 3, "2025-08-19"),
    ),
    "HepB under 2000 g, mother not known: the third at 2 months too": (
        ("HEPB", "HepB 2025-01-15", "HepB 2025-02-15"),
        {
            "on": date(2025, 3, 15),
            "conditions": ("hbsag_unknown_mother", "birth_weight_lt_2000g"),
        },
        ("due", "HepB", 3, "2025-03-15"),
    ),
    "HepB under 2000 g, mother with HBsAg: the fourth at 7 months": (
        ("HEPB", "HepB 2025-01-15", "HepB 2025-02-15", "HepB 2025-03-15"),
        {
            "on": date(2025, 3, 20),
            "conditions": ("hbsag_positive_mother", "birth_weight_lt_2000g"),
        },
        ("upcoming", "HepB", 4, "2025-08-15"),
    ),
    "BCG under 3 months: directly": (
        ("BCG",),
        {"on": date(2025, 4, 14)},
        ("due", "BCG", 1, "2025-01-15"),
    ),
    "BCG under 4 years by a day, after a negative test": (
        ("BCG",),
        {"born": date(2022, 11, 21), "conditions": ("ppd_negative_2026-11-18",)},
        ("overdue", "BCG", 1, "2022-11-21"),
    ),
    "BCG given once is enough, scar or none": (
        ("BCG", "BCG 2025-01-15"),
        {},
        ("complete", None, None, None),
    ),
    "preterm, more than 31 weeks: BCG at birth like any other": (
        ("BCG",),
        {"on": date(2025, 1, 16), "conditions": ("preterm_32_weeks",)},
        ("due", "BCG", 1, "2025-01-15"),
    ),
    "preterm, 31 weeks: BCG when a doctor finds the child stable": (
        ("BCG",),
        {"on": date(2025, 1, 16), "conditions": ("preterm_31_weeks",)},
        ("needs_precondition", "BCG", 1, "2025-01-15"),
    ),
    "preterm: everything else by the age since birth": (
        ("DTAP",),
        {"on": date(2025, 3, 15), "conditions": ("preterm_31_weeks",)},
        ("due", "DTaP", 1, "2025-03-15"),
    ),
    "polio under 4 years: three doses, the fourth comes at 4": (
        ("POLIO", "IPV 2026-05-01", "IPV 2026-06-01", "bOPV 2026-07-01"),
        {},
        ("upcoming", "bOPV", 4, "2029-01-15"),
    ),
    "polio from 4 years: the fourth 28 days after the third": (
        ("POLIO", "IPV 2026-05-01", "IPV 2026-06-01", "bOPV 2026-11-01"),
        {"born": date(2021, 1, 15)},
        ("upcoming", "bOPV", 4, "2026-11-29"),
    ),
    "polio: inactivated first, 28 days apart": (
        ("POLIO", "IPV 2026-11-01"),
        {},
        ("upcoming", "IPV", 2, "2026-11-29"),
    ),
    "polio, type II whatever the number of drops: a second inactivated one": (
        (
            "POLIO",
            *("bOPV 2020-03-15", "bOPV 2020-04-15", "bOPV 2020-05-15", "bOPV 2024-01-15"),
            "IPV 2026-11-01",
        ),
        {"born": date(2020, 1, 15)},
        ("upcoming", "IPV", 6, "2026-11-29"),
    ),
    "polio, type II: two inactivated ones after four drops are enough": (
        (
            "POLIO",
            *("bOPV 2020-03-15", "bOPV 2020-04-15", "bOPV 2020-05-15", "bOPV 2024-01-15"),
            *("IPV 2026-10-01", "IPV 2026-11-01"),
        ),
        {"born": date(2020, 1, 15)},
        ("complete", None, None, None),
    ),
    "polio: immunodeficient, the fourth is inactivated too": (
        ("POLIO", "IPV 2020-03-15", "IPV 2020-04-15", "IPV 2020-05-15"),
        {"born": date(2020, 1, 15), "conditions": ("immunodeficient",)},
        ("overdue", "IPV", 4, "2024-01-15"),
    ),
    "DTaP 1-2: 28 days": (
        ("DTAP", "DTaP 2025-12-01"),
        {"on": date(2025, 12, 28)},
        ("upcoming", "DTaP", 2, "2025-12-29"),
    ),
    "DTaP 2-3: 28 days": (
        ("DTAP", "DTaP 2025-12-01", "DTaP 2026-01-01"),
        {"on": date(2026, 1, 28)},
        ("upcoming", "DTaP", 3, "2026-01-29"),
    ),
    "DTaP 4-5: twelve months": (
        ("DTAP", "DTaP 2020-05-01", "DTaP 2020-06-01", "DTaP 2020-07-01", "DTaP 2025-12-20"),
        {"born": date(2020, 2, 1)},
        ("upcoming", "DTaP", 5, "2026-12-20"),
    ),
    "DTaP before 2025, at 3, 4 and 5 months: all count, the fourth at 18 months": (
        ("DTAP", "DTaP 2024-11-01", "DTaP 2024-12-01", "DTaP 2025-01-01"),
        {"born": date(2024, 8, 1), "on": date(2025, 6, 1)},
        ("upcoming", "DTaP", 4, "2026-02-01"),
    ),
    "DTaP from 2025: under 7 years and no DT at 6, it is DTaP": (
        ("DTAP", "DTaP 2018-06-01", "DTaP 2018-07-01", "DTaP 2018-08-01", "DTaP 2019-10-01"),
        {"born": date(2018, 3, 1), "on": date(2025, 1, 2)},
        ("due", "DTaP", 5, "2024-03-01"),
    ),
    "7 to 11 years, fewer than three: the second DT a month after the first": (
        ("DTAP", "DT 2026-11-01"),
        {"born": date(2018, 2, 1)},
        ("upcoming", "DT", 2, "2026-12-01"),
    ),
    "7 to 11 years, fewer than three: the third six months after the second": (
        ("DTAP", "DTaP 2018-05-01", "DT 2026-08-01"),
        {"born": date(2018, 2, 1)},
        ("upcoming", "DT", 3, "2027-02-01"),
    ),
    "7 to 11 years, fewer than three: three are enough": (
        ("DTAP", "DTaP 2018-05-01", "DT 2025-08-01", "DT 2026-03-01"),
        {"born": date(2018, 2, 1)},
        ("complete", None, None, None),
    ),
    "7 to 11 years, four and none at 6: one DT, a year after the fourth": (
        ("DTAP", "DTaP 2018-05-01", "DTaP 2018-06-01", "DTaP 2018-07-01", "DTaP 2019-09-01"),
        {"born": date(2018, 2, 1)},
        ("due", "DT", 5, "2025-02-01"),
    ),
    "7 to 11 years, one at 6: none": (
        ("DTAP", "DTaP 2018-05-01", "DTaP 2018-06-01", "DTaP 2018-07-01", "DTaP 2024-09-01"),
        {"born": date(2018, 2, 1)},
        ("complete", None, None, None),
    ),
    "DT up to the day before 12 years": (
        ("DTAP",),
        {"born": date(2014, 11, 21)},
        ("due", "DT", 1, "2021-11-21"),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_rule(case):
    asked, more, expected = case
    assert said(of(*asked, **more)) == expected


def test_within_twelve_hours_of_a_mother_with_hbsag():
    for spelled in ("hbsag_positive_mother", "hbsag_unknown_mother"):
        line = of("HEPB", on=date(2025, 1, 15), conditions=(spelled,))
        assert "12 h" in line.rule
    assert "12 h" not in of("HEPB", on=date(2025, 1, 15)).rule
