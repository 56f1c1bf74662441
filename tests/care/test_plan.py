"""The plan puts what the services say into one order; it changes nothing that they said."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.care.plan import plan_of
from clinic.services.due import DueItem, Standing

DAYS = st.dates(date(2026, 1, 1), date(2032, 1, 1))


def need(
    code: str,
    standing: Standing,
    *,
    kind: str = "vaccination",
    earliest: date | None = None,
) -> DueItem:
    return DueItem(
        kind, code, code, code, "", "", "", standing, earliest=earliest, recommended=earliest
    )


def test_overdue_comes_before_due_and_the_earlier_day_first():
    late = need("MMR", Standing.OVERDUE, earliest=date(2026, 6, 1))
    older = need("JE", Standing.DUE, earliest=date(2026, 3, 1))
    newer = need("HEPA", Standing.DUE, earliest=date(2026, 9, 1))

    assert plan_of([newer, late, older]).now == [late, older, newer]


def test_a_check_and_a_vaccination_due_together_are_both_open():
    check = need("M8", Standing.DUE, kind="checkups")
    dose = need("MMR", Standing.OVERDUE)

    assert set(plan_of([dose, check]).kinds_open) == {"checkups", "vaccination"}


def test_what_is_not_due_yet_offers_no_booking():
    plan = plan_of([need("MMR", Standing.COMING), need("BCG", Standing.ASK)])

    assert (plan.now, plan.kinds_open) == ([], [])


EARLY, LATE = date(2026, 3, 1), date(2026, 9, 1)
ORDER = {
    "the usual day counts before the first": [
        {"code": "B", "earliest": LATE, "recommended": EARLY},
        {"code": "A", "earliest": EARLY, "recommended": LATE},
    ],
    "the first day counts where no day is usual": [
        {"code": "B", "earliest": EARLY},
        {"code": "A", "earliest": LATE},
    ],
    "what nobody knows the day of comes last": [
        {"code": "B", "earliest": LATE},
        {"code": "A"},
    ],
    "on one day a check comes before a vaccination": [
        {"kind": "checkups", "code": "B", "earliest": EARLY},
        {"kind": "vaccination", "code": "A", "earliest": EARLY},
    ],
    "and then it goes by the code": [
        {"code": "A", "earliest": EARLY},
        {"code": "B", "earliest": EARLY},
    ],
}


@pytest.mark.parametrize("case", ORDER)
@pytest.mark.parametrize("standing", Standing)
def test_the_order_of_what_stands_alike(case, standing):
    rows = [
        replace(need(facts["code"], standing, kind=facts.get("kind", "vaccination")), **facts)
        for facts in ORDER[case]
    ]
    for said in (rows, rows[::-1]):
        plan = plan_of(said)
        assert [*plan.now, *plan.ask, *plan.coming, *plan.done] == rows


def test_what_is_booked_is_due_and_not_open():
    booked = replace(need("MMR", Standing.OVERDUE), booked_on=EARLY)
    plan = plan_of([booked, need("M8", Standing.DUE, kind="checkups")])
    assert [due_item.code for due_item in plan.now] == ["MMR", "M8"]
    assert plan.kinds_open == ["checkups"]


@given(st.lists(st.tuples(st.sampled_from(Standing), DAYS), max_size=12))
def test_nothing_is_lost_and_nothing_is_shown_twice(rows):
    dues = [need(f"S{n}", standing, earliest=day) for n, (standing, day) in enumerate(rows)]
    plan = plan_of(dues)

    shown = [*plan.now, *plan.ask, *plan.coming, *plan.done]
    assert sorted(due_item.code for due_item in shown) == sorted(due.code for due in dues)
