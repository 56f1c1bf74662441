"""References that can be said on the phone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.scheduling.references import ALPHABET, LENGTH, new_reference, parse_reference, spoken

BODIES = st.integers(0, 5000).map(lambda _: new_reference())


@given(BODIES)
def test_a_reference_is_read_back_as_it_is_shown(reference):
    assert len(reference) == LENGTH
    assert parse_reference(spoken(reference)) == reference
    assert parse_reference(f"  {spoken(reference).lower()} ") == reference


@given(BODIES, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(reference, place, wrong):
    mistaken = reference[:place] + wrong + reference[place + 1 :]

    assert parse_reference(mistaken) == (reference if wrong == reference[place] else None)


@pytest.mark.parametrize(
    "text", ["", "王一禾", "13800138000", "K7MR-4QX", "0000-0000", "K7MR-4QXEE"]
)
def test_what_is_no_reference_is_none(text):
    assert parse_reference(text) is None
