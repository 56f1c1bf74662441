"""The national programme of 2026, rule by rule: what a child needs next, and what counts."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.vaccination.programme.child import Dose, Recipient, child_with
from clinic.vaccination.programme.forecast import forecast
from clinic.vaccination.programme.national import national
from clinic.vaccination.programme.needs import SERIES

BORN = date(2025, 1, 15)
ON = date(2026, 11, 20)


def of(series, *given_doses, born=BORN, sex="F", on=ON, conditions=()):
    """The forecast of one series. Doses are written `MMR 2025-09-15`."""
    doses = [
        Dose(vaccine, date.fromisoformat(day))
        for vaccine, day in (given_dose.rsplit(" ", 1) for given_dose in given_doses)
    ]
    found = forecast(child_with(born, sex, conditions), doses, on)
    return next(verdict for verdict in found if verdict.series == series)


def said(one):
    """Status, vaccine, number and first day, short."""
    return one.status, one.vaccine, one.number, one.earliest and one.earliest.isoformat()


# series, doses given, what else, expected
CASES = {
    "HepB 3: four months after the first governs": (
        ("HEPB", "HepB 2025-04-20", "HepB 2025-06-01"),
        {"on": date(2025, 8, 1)},
        ("upcoming", "HepB", 3, "2025-08-20"),
    ),
    "HepB under 2000 g, mother with HBsAg: 0, 1, 2, 7 months": (
        ("HEPB", "HepB 2025-01-15", "HepB 2025-02-15"),
        {
            "on": date(2025, 3, 15),
            "conditions": ("hbsag_positive_mother", "birth_weight_lt_2000g"),
        },
        ("due", "HepB", 3, "2025-03-15"),
    ),
    "HepB under 2000 g, mother without: three doses": (
        ("HEPB", "HepB 2025-01-15", "HepB 2025-02-15"),
        {"on": date(2025, 3, 15), "conditions": ("birth_weight_lt_2000g",)},
        ("upcoming", "HepB", 3, "2025-07-15"),
    ),
    "BCG from 3 months needs a test": (
        ("BCG",),
        {"on": date(2025, 4, 15)},
        ("needs_precondition", "BCG", 1, "2025-01-15"),
    ),
    "BCG after a negative test": (
        ("BCG",),
        {"conditions": ("ppd_negative_2026-11-18",)},
        ("overdue", "BCG", 1, "2025-01-15"),
    ),
    "BCG not from 4 years": (
        ("BCG",),
        {"born": date(2022, 11, 20)},
        ("aged_out", None, None, None),
    ),
    "BCG deferred while HIV is not ruled out": (
        ("BCG",),
        {"on": date(2025, 1, 16), "conditions": ("hiv_exposed",)},
        ("needs_precondition", "BCG", 1, "2025-01-15"),
    ),
    "polio: inactivated while fewer than two with type II": (
        ("POLIO", "bOPV 2025-03-15", "bOPV 2025-04-15", "bOPV 2025-05-15"),
        {},
        ("due", "IPV", 4, "2025-06-12"),
    ),
    "polio: the old trivalent drops hold type II": (
        ("POLIO", "tOPV 2015-03-15", "tOPV 2015-04-15", "tOPV 2015-05-15", "tOPV 2019-01-15"),
        {"born": date(2015, 1, 15)},
        ("complete", None, None, None),
    ),
    "polio: four combinations by label are complete": (
        (
            "POLIO",
            *(
                f"DTaP-IPV/Hib {day}"
                for day in ("2025-03-15", "2025-04-15", "2025-05-15", "2026-07-15")
            ),
        ),
        {},
        ("complete", None, None, None),
    ),
    "polio: a fourth drop before 4 years does not count": (
        ("POLIO", "IPV 2022-03-15", "IPV 2022-04-15", "bOPV 2022-05-15", "bOPV 2023-05-15"),
        {"born": date(2022, 1, 15)},
        ("due", "bOPV", 4, "2026-01-15"),
    ),
    "polio: only inactivated while HIV is not ruled out": (
        ("POLIO", "IPV 2025-03-15", "IPV 2025-04-15"),
        {"on": date(2025, 5, 15), "conditions": ("hiv_exposed",)},
        ("due", "IPV", 3, "2025-05-15"),
    ),
    "DTaP 5 at 6 years": (
        ("DTAP", "DTaP 2020-05-01", "DTaP 2020-06-01", "DTaP 2020-07-01", "DTaP 2021-08-01"),
        {"born": date(2020, 2, 1)},
        ("due", "DTaP", 5, "2026-02-01"),
    ),
    "DT already given at 6 years: no DTaP": (
        (
            "DTAP",
            "DTaP 2020-05-01",
            "DTaP 2020-06-01",
            "DTaP 2020-07-01",
            "DTaP 2021-08-01",
            "DT 2026-02-03",
        ),
        {"born": date(2020, 2, 1)},
        ("complete", None, None, None),
    ),
    "7 to 11 years, three doses and none at 6: one DT": (
        ("DTAP", "DTaP 2018-05-01", "DTaP 2018-06-01", "DTaP 2018-07-01"),
        {"born": date(2018, 2, 1)},
        ("due", "DT", 4, "2025-02-01"),
    ),
    "7 to 11 years, nothing: DT to three": (
        ("DTAP",),
        {"born": date(2018, 2, 1)},
        ("due", "DT", 1, "2025-02-01"),
    ),
    "12 years and no dose: none": (
        ("DTAP",),
        {"born": date(2014, 2, 1)},
        ("aged_out", None, None, None),
    ),
    "MMR at 7 months in an outbreak does not count": (
        ("MMR", "MMR 2025-08-20"),
        {},
        ("overdue", "MMR", 1, "2025-09-17"),
    ),
    "MMR of the older cohort: two of measles, one of the others": (
        ("MMR", "MR 2018-09-15", "MMR 2019-07-15"),
        {"born": date(2018, 1, 15)},
        ("complete", None, None, None),
    ),
    "MMR: a doctor decides with an immune deficiency": (
        ("MMR",),
        {"conditions": ("immunodeficient",)},
        ("needs_precondition", "MMR", 1, "2025-09-15"),
    ),
    "JE live: twelve months apart": (
        ("JE", "JE-L 2026-05-01"),
        {},
        ("upcoming", "JE-L", 2, "2027-05-01"),
    ),
    "JE inactivated: the second after seven days": (
        ("JE", "JE-I 2026-11-15"),
        {},
        ("upcoming", "JE-I", 2, "2026-11-22"),
    ),
    "JE: inactivated while HIV is not ruled out": (
        ("JE",),
        {"conditions": ("hiv_exposed",)},
        ("due", "JE-I", 1, "2025-09-15"),
    ),
    "meningococcal: nothing by 24 months, AC at once": (
        ("MEN",),
        {"born": date(2024, 6, 15)},
        ("due", "MPSV-AC", 3, "2026-06-15"),
    ),
    "meningococcal: one A, AC three months later": (
        ("MEN", "MPSV-A 2026-05-30"),
        {"born": date(2024, 6, 15), "on": date(2026, 7, 1)},
        ("upcoming", "MPSV-AC", 3, "2026-08-30"),
    ),
    "meningococcal: AC twelve months after the second A": (
        ("MEN", "MPSV-A 2023-01-01", "MPSV-A 2024-03-01"),
        {"born": date(2022, 6, 15)},
        ("overdue", "MPSV-AC", 3, "2025-06-15"),
    ),
    "meningococcal: three years between AC": (
        ("MEN", "MPSV-A 2020-12-15", "MPSV-A 2021-03-15", "MPSV-AC 2024-09-01"),
        {"born": date(2020, 6, 15)},
        ("upcoming", "MPSV-AC", 4, "2027-09-01"),
    ),
    "HepA: inactivated once, live six months later completes": (
        ("HEPA", "HepA-I 2025-01-20", "HepA-L 2025-08-01"),
        {"born": date(2023, 6, 1)},
        ("complete", None, None, None),
    ),
    "HPV: girls of the cohort only": (
        ("HPV",),
        {"born": date(2011, 11, 9)},
        ("not_applicable", None, None, None),
    ),
    "HPV: two of any kind are enough": (
        ("HPV", "9vHPV 2024-03-01", "9vHPV 2024-09-01"),
        {"born": date(2012, 3, 1)},
        ("complete", None, None, None),
    ),
    "chemotherapy: a doctor decides everything": (
        ("DTAP",),
        {"conditions": ("chemotherapy",)},
        ("needs_precondition", "DTaP", 1, "2025-03-15"),
    ),
    "18 years: the programme gives none": (
        ("MEN",),
        {"born": date(2008, 11, 20)},
        ("aged_out", None, None, None),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_rule(case):
    asked, more, expected = case
    assert said(of(*asked, **more)) == expected


def test_a_dose_too_soon_says_why_and_the_next_waits_from_it():
    found = of("HEPB", "HepB 2025-01-15", "HepB 2025-02-01", on=date(2025, 2, 20))

    assert [dose.is_valid for dose in found.doses] == [True, False]
    assert found.doses[1].why.en == "from 1 month of age"
    assert found.earliest == date(2025, 3, 1)


def test_every_series_once_whatever_the_child():
    assert [verdict.series for verdict in forecast(Recipient(BORN, "M"), [], ON)] == list(SERIES)


def test_an_unknown_condition_is_refused():
    with pytest.raises(ValueError, match="purple"):
        child_with(BORN, "F", ["purple"])


VACCINES = sorted(national().vaccines)
HISTORIES = st.lists(
    st.builds(Dose, st.sampled_from(VACCINES), st.dates(date(2020, 1, 1), date(2026, 11, 20))),
    max_size=12,
)
CHILDREN = st.builds(Recipient, st.just(date(2020, 1, 1)), st.sampled_from("FM"))


@given(CHILDREN, HISTORIES)
def test_what_is_forecast_counts_when_it_is_given_then(child, history):
    for due in forecast(child, history, ON):
        if due.vaccine and due.earliest >= ON:
            then = forecast(child, [*history, Dose(due.vaccine, due.earliest)], due.earliest)
            after = next(each for each in then if each.series == due.series)
            given_then = [each for each in after.doses if each.dose.given_on == due.earliest]
            assert all(each.is_valid for each in given_then), (due, after)
