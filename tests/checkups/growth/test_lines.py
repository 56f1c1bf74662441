"""What a number means against a standard's lines, and when lines were crossed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.checkups.growth import lines, who
from clinic.checkups.growth.lines import PERCENTILES, Crossing, Standard, read

AGES = st.floats(0, 81)
SEXES = st.sampled_from("MF")


@given(st.sampled_from(list(Standard)), st.sampled_from(list(lines.BY_AGE)), SEXES, AGES)
def test_percentiles_and_deviations_rise(standard, metric, sex, months):
    for row in (
        lines.percentiles_at(standard, metric, sex, months),
        lines.deviations_at(standard, metric, sex, months),
    ):
        assert row is None or row == sorted(set(row))


@given(st.sampled_from(list(Standard)), SEXES, AGES, st.floats(1, 60), st.floats(0.01, 5))
def test_more_is_never_read_as_less(standard, sex, months, value, more):
    one = read(standard, "weight_for_age", sex, months, value)
    other = read(standard, "weight_for_age", sex, months, value + more)
    assert one.lines_below <= other.lines_below
    if one.z is not None and other.z is not None:
        assert one.z <= other.z


@pytest.mark.parametrize(
    ("value", "above", "below", "z", "beyond"),
    [  # boys of 12 months: -3 SD to +3 SD are 7.4 8.2 9.1 10.1 11.2 12.4 13.9
        (7.3, None, 3, None, -3),
        (7.4, None, 3, -3.0, None),
        (9.6, 25, 50, -0.5, None),
        (10.1, 50, 75, 0.0, None),
        (13.9, 97, None, 3.0, None),
        (14.0, 97, None, None, 3),
    ],
)
def test_readings_by_the_national_tables(value, above, below, z, beyond):
    found = read(Standard.NATIONAL, "weight_for_age", "M", 12, value)
    assert (found.above, found.below, found.z, found.beyond) == (above, below, z, beyond)


@given(SEXES, st.floats(0, 60), st.floats(-3, 3))
def test_whos_scores_are_whos_own(sex, months, z):
    row = lines.deviations_at(Standard.WHO, "length_height_for_age", sex, months)
    value = row[3] + z * (row[4] - row[3])
    found = read(Standard.WHO, "length_height_for_age", sex, months, value)
    assert found.z == who.z_score("by_day.lfa", sex, months * 30.4375, value)
    assert found.z == pytest.approx(z, abs=0.02)  # lengths are normal in WHO's tables


@pytest.mark.parametrize("metric", ["weight_for_age", "bmi_for_age"])
@pytest.mark.parametrize("sex", "MF")
def test_nothing_is_said_beyond_a_table(metric, sex):
    assert read(Standard.NATIONAL, metric, sex, 81.1, 20) is None
    assert read(Standard.WHO, metric, sex, 229, 20) is None
    assert read(Standard.WHO, "head_circumference_for_age", sex, 62, 50) is None


@given(SEXES, AGES, st.floats(-3, 3))
def test_the_value_of_a_score_has_that_score(sex, months, z):
    value = lines.value_of("weight_for_age", sex, months, z)
    assert lines.score(Standard.NATIONAL, "weight_for_age", sex, months, value) == pytest.approx(
        z, abs=0.006
    )


def path(*lines_at):
    """Girls' weights at these (months, percentile): on the line, or just under it for -p."""
    found = []
    for months, percentile in lines_at:
        row = lines.percentiles_at(Standard.NATIONAL, "weight_for_age", "F", months)
        value = row[PERCENTILES.index(abs(percentile))] - (0.001 if percentile < 0 else 0)
        found.append((months, read(Standard.NATIONAL, "weight_for_age", "F", months, value)))
    return found


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ([], None),
        ([(6, 50)], None),
        ([(6, 50), (9, 50)], None),
        ([(6, 50), (9, 25)], None),  # one line
        ([(6, 50), (9, 10)], Crossing(6, 9, -2)),
        ([(6, 50), (9, -25)], Crossing(6, 9, -2)),  # 50 and 25 were crossed
        ([(6, -50), (9, -25)], None),  # only 25 was
        ([(6, 97), (9, -3)], Crossing(6, 9, -7)),
        ([(6, 10), (9, 50)], Crossing(6, 9, 2)),
        ([(6, 90), (8, 50), (10, 25)], Crossing(6, 10, -3)),  # step by step, within a year
        ([(6, 90), (12, 50), (18.5, 25)], None),  # slower than that
        ([(6, 90), (18, 50)], Crossing(6, 18, -2)),  # a year, both ends counted
        ([(6, 50), (9, 10), (12, 50)], Crossing(9, 12, 2)),  # it came back: the latest counts
        ([(9, 10), (6, 50)], Crossing(6, 9, -2)),  # in whatever order they were entered
    ],
)
def test_crossing_two_main_lines(measured, expected):
    assert lines.crossing(path(*measured)) == expected


def test_what_cannot_be_read_crosses_nothing():
    assert lines.crossing([(6, None), (9, None), *path((12, 50))]) is None


@pytest.mark.parametrize(
    ("sex", "mother", "father", "expected"),
    [("M", 162, 176, (167, 184)), ("F", 162, 176, (154, 171)), ("F", 150, 150, (135, 152))],
)
def test_the_range_from_the_parents_heights(sex, mother, father, expected):
    assert lines.target_range(sex, mother, father) == expected


@given(SEXES, st.floats(0, 228), st.floats(145, 190), st.floats(145, 190))
def test_the_channel_ends_at_the_adult_range(sex, months, mother, father):
    low, high = lines.target_range(sex, mother, father)
    assert lines.channel(sex, low, high, 228) == pytest.approx((low, high), abs=0.1)
    here = lines.channel(sex, low, high, months)
    assert here[0] < here[1]
