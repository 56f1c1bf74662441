"""What managers see of few children: nothing, not even by subtraction."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.checkups.manager.rules import (
    ALL,
    FEWEST,
    Share,
    hidden,
    with_sums,
)


def column(*shares):
    return with_sums({(row, "c"): Share(*share) for row, share in enumerate(shares)})


def away(table):
    return {row for row, name in hidden(table) if name == "c"}


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([(20, 40), (30, 50)], set()),
        ([(0, 40), (30, 50)], set()),  # of nobody nothing is told
        ([(9, 40), (10, 50), (30, 90)], {0, 1}),  # else 9 is what is missing of the sum
        ([(10, 40), (30, 50)], set()),
        ([(0, 9), (10, 50), (30, 90)], {0, 1}),  # nine children are few
        ([(4, 40), (5, 50), (30, 90)], {0, 1, 2}),  # 9 together are few too
        ([(4, 40), (6, 50), (30, 90)], {0, 1}),
        ([(3, 30)], {0, ALL}),
        ([(3, 30), (20, 60)], {0, 1}),
    ],
)
def test_what_is_hidden(shares, expected):
    assert away(column(*shares)) == expected


SHARES = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda n: Share(n[0], n[0] + n[1]))
TABLES = st.lists(st.lists(SHARES, min_size=3, max_size=3), min_size=1, max_size=5).map(
    lambda rows: with_sums({(r, c): one for r, row in enumerate(rows) for c, one in enumerate(row)})
)


def rank(rows):
    """The rank of a matrix of whole numbers, by elimination with fractions."""
    from fractions import Fraction

    rows = [[Fraction(one) for one in row] for row in rows]
    found = 0
    for at in range(len(rows[0]) if rows else 0):
        pivot = next((n for n in range(found, len(rows)) if rows[n][at]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for n in range(len(rows)):
            if n != found and rows[n][at]:
                factor = rows[n][at] / rows[found][at]
                rows[n] = [a - factor * b for a, b in zip(rows[n], rows[found], strict=True)]
        found += 1
    return found


@given(TABLES)
def test_no_hidden_number_follows_from_what_is_shown(table):
    """By linear algebra, not by the rule's own way: a number follows if its row is in the span."""
    gone = sorted(hidden(table), key=str)
    equations = []
    for at in (0, 1):
        for name in {key[at] for key in table}:
            sign = [(1 if key[1 - at] != ALL else -1) if key[at] == name else 0 for key in gone]
            if any(sign):
                equations.append(sign)
    whole = rank(equations) if equations else 0
    for n in range(len(gone)):
        unit = [int(n == m) for m in range(len(gone))]
        assert rank([*equations, unit]) == whole + 1, gone[n]


@given(TABLES)
def test_nothing_small_is_shown_and_small_tables_hide_no_large_ones_needlessly(table):
    gone = hidden(table)
    for key in table.keys() - gone:
        assert not 0 < table[key].part < FEWEST
        assert not 0 < table[key].whole < FEWEST
    if not any(cell.is_small for cell in table.values()):
        assert gone == set()


@given(TABLES)
def test_the_sums_are_the_sums(table):
    for row, name in product({key[0] for key in table} - {ALL}, [ALL]):
        parts = [one for key, one in table.items() if key[0] == row and key[1] != ALL]
        assert table[row, name] == Share(sum(p for p, _ in parts), sum(w for _, w in parts))
