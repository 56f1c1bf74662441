"""Nothing that either of two clinicians typed is lost."""

from hypothesis import given
from hypothesis import strategies as st

from clinic.checkups.check.merging import merge

FIELDS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "1", "2", "3"]))


def test_both_changes_are_kept_and_a_clash_is_shown():
    base = {"weight": "9", "head": "45", "note": ""}
    mine = {"weight": "9.2", "head": "45", "note": "well"}
    theirs = {"weight": "9.4", "head": "45.5", "note": ""}
    merged = merge(base, mine, theirs)
    assert merged.fields == {"weight": "9.2", "head": "45.5", "note": "well"}
    assert merged.theirs == {"weight": "9.4"}
    assert merged.taken == ("head",)


@given(FIELDS, FIELDS, FIELDS)
def test_every_change_of_either_is_to_be_seen(base, mine, theirs):
    merged = merge(base, mine, theirs)
    for name in {*base, *mine, *theirs}:
        was = base.get(name, "")
        seen = {merged.fields[name], merged.theirs.get(name, merged.fields[name])}
        for each in (mine.get(name, ""), theirs.get(name, "")):
            assert each == was or each in seen
