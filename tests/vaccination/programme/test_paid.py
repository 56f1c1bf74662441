"""Advice on paid vaccines, by rule; the days are worked out by hand from the data's ages."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.ages import add_months
from clinic.vaccination.programme.child import Condition, Dose, Recipient
from clinic.vaccination.programme.paid import PAID, advice

BORN = date(2026, 1, 5)
WEAK = frozenset({Condition.IMMUNODEFICIENT})


def told(vaccine, on, *doses, conditions=frozenset()):
    """Status, number, left, first legal day; None if there is no advice on it."""
    history = [Dose(name, day) for name, day in doses]
    found = advice(Recipient(BORN, "F", conditions), history, on)
    return next(
        (
            (advice.line.status, advice.line.number, advice.left, advice.line.earliest)
            for advice in found
            if advice.line.vaccine == vaccine
        ),
        None,
    )


D = date
CASES = {
    "PCV13 from six weeks": (("PCV13", BORN), ("upcoming", 1, 4, D(2026, 2, 16))),
    "PCV13 after one dose": (("PCV13", D(2026, 3, 20), ("PCV13", D(2026, 3, 5))), ("upcoming", 2, 3, D(2026, 4, 2))),
    "PCV13 begun at 7 months": (("PCV13", D(2026, 8, 5)), ("due", 1, 3, D(2026, 8, 5))),
    "PCV13 begun at 12 months": (("PCV13", D(2027, 1, 5)), ("due", 1, 2, D(2027, 1, 5))),
    "PCV13 second at 12 months: two months": (("PCV13", D(2027, 2, 5), ("PCV13", D(2027, 1, 5))), ("upcoming", 2, 1, D(2027, 3, 5))),
    "PCV13 begun at two years: once": (("PCV13", D(2028, 1, 5)), ("due", 1, 1, D(2028, 1, 5))),
    "PCV13 not from six years": (("PCV13", D(2032, 1, 5)), None),
    "RV5 at six weeks": (("RV5", D(2026, 2, 16)), ("due", 1, 3, D(2026, 2, 16))),
    "RV5 does not begin at 12 weeks": (("RV5", D(2026, 3, 30)), None),
    "then the other one": (("RV1-LLR", D(2026, 3, 30)), ("due", 1, 3, D(2026, 3, 5))),
    "RV5 goes on after 12 weeks": (("RV5", D(2026, 4, 1), ("RV5", D(2026, 3, 1))), ("due", 2, 2, D(2026, 3, 29))),
    "RV5 ends at 32 weeks": (("RV5", D(2026, 8, 17), ("RV5", D(2026, 3, 1))), None),
    "EV71 at six months": (("EV71", D(2026, 7, 5)), ("due", 1, 2, D(2026, 7, 5))),
    "EV71 a month later": (("EV71", D(2026, 7, 6), ("EV71", D(2026, 7, 5))), ("upcoming", 2, 1, D(2026, 8, 5))),
    "EV71 not from six years": (("EV71", D(2032, 1, 5)), None),
    "Hib begun early": (("Hib", D(2026, 3, 5)), ("due", 1, 4, D(2026, 3, 5))),
    "Hib begun at one year: once": (("Hib", D(2027, 1, 5)), ("due", 1, 1, D(2027, 1, 5))),
    "Hib in a combination counts": (("Hib", D(2026, 3, 6), ("DTaP-IPV/Hib", D(2026, 3, 5))), ("upcoming", 2, 3, D(2026, 4, 2))),
    "Hib after four combinations is done": (
        ("Hib", D(2027, 8, 1), *(("DTaP-IPV/Hib", day) for day in (D(2026, 3, 5), D(2026, 4, 5), D(2026, 5, 5), D(2027, 7, 5)))),
        None,
    ),
    "varicella at one year": (("VAR", D(2027, 1, 5)), ("due", 1, 2, D(2027, 1, 5))),
    "varicella 28 days after MMR": (("VAR", D(2027, 1, 5), ("MMR", D(2026, 12, 28))), ("upcoming", 1, 2, D(2027, 1, 25))),
    "varicella again at three": (("VAR", D(2027, 2, 5), ("VAR", D(2027, 1, 5))), ("upcoming", 2, 1, D(2029, 1, 5))),
    "influenza twice in the first season": (("IIV", D(2026, 10, 1)), ("due", 1, 2, D(2026, 9, 1))),
    "influenza second after four weeks": (("IIV", D(2026, 10, 2), ("IIV", D(2026, 10, 1))), ("upcoming", 2, 1, D(2026, 10, 29))),
    "influenza done, next season": (("IIV", D(2026, 12, 1), ("IIV", D(2026, 10, 1)), ("IIV", D(2026, 11, 1))), ("upcoming", 3, 1, D(2027, 9, 1))),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_rule(name):
    asked, expected = CASES[name]
    assert told(*asked) == expected


def test_a_doctor_decides_on_live_ones_for_a_child_with_a_weak_immunity():
    assert told("VAR", D(2027, 1, 5), conditions=WEAK)[0] == "needs_precondition"
    assert told("PCV13", D(2027, 1, 5), conditions=WEAK)[0] == "due"


HISTORIES = st.lists(
    st.tuples(st.sampled_from([*sorted(PAID), "MMR", "DTaP-IPV/Hib"]), st.integers(0, 2000)),
    max_size=6,
)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 84), HISTORIES, st.randoms(use_true_random=False))
def test_never_overdue_and_the_order_does_not_matter(months, rows, dice):
    doses = [Dose(name, date.fromordinal(BORN.toordinal() + days)) for name, days in rows]
    on, child = add_months(BORN, months), Recipient(BORN, "M")
    found = advice(child, doses, on)
    dice.shuffle(doses)
    assert advice(child, doses, on) == found
    assert {advice.line.status for advice in found} <= {"due", "upcoming"}
    assert all(advice.left >= 1 and advice.usual >= advice.line.earliest for advice in found)
