"""The growth chart's geometry and drawing: points lie where the numbers say."""

from datetime import date
from itertools import combinations, pairwise
from math import dist
from xml.etree import ElementTree

import pytest
from flask import get_template_attribute
from hypothesis import example, given
from hypothesis import strategies as st

from clinic.amounts import How, Kind
from clinic.checkups.growth import lines
from clinic.checkups.growth.chart import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Point,
    draw,
    draw_cutoffs,
)
from clinic.checkups.growth.charts import Entered, series_of
from clinic.checkups.growth.lines import PERCENTILES, Standard
from clinic.checkups.growth.measuring import Measured, Patient

BORN = date(2025, 2, 1)
TODAY = date(2026, 3, 2)
GIRL = Patient(BORN, "F")


def placed(points):
    return [tuple(map(float, pair.split(","))) for pair in points.split()]


def svg_of(app, series):
    with app.test_request_context():
        macro = get_template_attribute("checkups/_chart.html", "growth_chart")
        return ElementTree.fromstring(str(macro(series)).replace("&nbsp;", " "))


def classed(svg, name):
    return [node for node in svg.iter() if name in node.get("class", "").split()]


@pytest.mark.parametrize("standard", Standard)
@pytest.mark.parametrize("sex", "MF")
@pytest.mark.parametrize("at", [0, 3, 9])
def test_a_point_on_a_percentile_lies_on_its_line(standard, sex, at):
    row = lines.percentiles_at(standard, "weight_for_age", sex, at)
    drawn = draw(standard, "weight_for_age", sex, [Point(at, value) for value in row])
    for dot, (_, points) in zip(drawn.dots, drawn.lines, strict=True):
        assert any((dot.x, dot.y) == pytest.approx(place, abs=0.06) for place in placed(points)), (
            dot
        )


@given(
    st.sampled_from(list(Standard)),
    st.sampled_from([*lines.BY_AGE]),
    st.lists(st.tuples(st.floats(0, 250), st.floats(1, 190)), max_size=6),
)
def test_everything_lies_within_the_frame_and_later_is_further_right(standard, metric, pairs):
    drawn = draw(standard, metric, "M", [Point(*pair) for pair in pairs])
    for dot in drawn.dots:
        assert LEFT <= dot.x <= WIDTH - RIGHT + 1e-6
        assert TOP - 1e-6 <= dot.y <= HEIGHT - BOTTOM + 1e-6
    assert [dot.x for dot in drawn.dots] == sorted(dot.x for dot in drawn.dots)
    assert len(drawn.dots) == sum(at <= lines.xs(standard, metric, "M")[-1] for at, _ in pairs)


@pytest.mark.parametrize("standard", Standard)
@pytest.mark.parametrize("metric", [*lines.BY_AGE, *lines.BY_LENGTH])
@pytest.mark.parametrize("sex", "MF")
def test_a_higher_percentile_lies_higher_everywhere(standard, metric, sex):
    drawn = draw(standard, metric, sex, [])
    curves = [placed(points) for _, points in drawn.lines]
    for lower, upper in pairwise(curves):
        assert [x for x, _ in lower] == [x for x, _ in upper]
        assert all(a[1] >= b[1] for a, b in zip(lower, upper, strict=True))
    assert [name for name, *_ in drawn.names] == [str(p) for p in PERCENTILES]


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(3, 20)), min_size=2, max_size=8, unique=True))
@example([(0.0, 3.0), (1e-9, 3.0)])  # drawn at one place
def test_a_touch_is_meant_for_one_point(pairs):
    dots = draw(Standard.NATIONAL, "weight_for_age", "F", [Point(*pair) for pair in pairs]).dots
    for one, other in combinations(dots, 2):
        apart = dist((one.x, one.y), (other.x, other.y))
        assert one.reach + other.reach <= max(apart, 8) + 1e-6
    assert all(4 <= dot.reach <= 12 for dot in dots)


def girl(*rows):
    return [
        Entered(number, Measured(on, kind, amount, how), home)
        for number, (on, kind, amount, how, home) in enumerate(rows)
    ]


SEEN = girl(
    (date(2025, 8, 1), Kind.WEIGHT, 7500, None, False),
    (date(2025, 8, 1), Kind.LENGTH, 665, How.LYING, False),
    (date(2026, 2, 1), Kind.WEIGHT, 9000, None, False),
    (date(2026, 2, 20), Kind.WEIGHT, 9100, None, True),
)


def test_the_drawing_has_every_point_where_its_numbers_say(app):
    weight = series_of(GIRL, SEEN, Standard.NATIONAL, TODAY)[0]
    svg = svg_of(app, weight)
    dots = classed(svg, "growth-dot")
    assert [dot.get("aria-label").split(" kg")[0] for dot in dots] == ["7.5", "9", "9.1"]
    marks = [
        (float(node.get("cx")), float(node.get("cy"))) for node in classed(svg, "growth-touch")
    ]
    assert marks == [pytest.approx((dot.x, dot.y), abs=0.06) for dot in weight.chart.dots]
    (line,) = classed(svg, "growth-line")
    assert placed(line.get("points")) == [pytest.approx(mark, abs=0.01) for mark in marks]
    # 181 and 365 days of two years' window, between the frame's sides
    width = WIDTH - LEFT - RIGHT
    assert marks[0][0] == pytest.approx(LEFT + 181 / 30.4375 / 24 * width, abs=0.06)
    assert marks[1][0] == pytest.approx(LEFT + 365 / 30.4375 / 24 * width, abs=0.06)


def test_clinic_and_home_look_different(app):
    svg = svg_of(app, series_of(GIRL, SEEN, Standard.NATIONAL, TODAY)[0])
    shapes = [
        next(node for node in dot.iter() if node.get("class") == "growth-point").tag
        for dot in classed(svg, "growth-dot")
    ]
    assert shapes == ["circle", "circle", "path"]


def test_a_drawing_has_no_style_and_no_script(app):
    for chart_series in series_of(GIRL, SEEN, Standard.WHO, TODAY, (160, 175)):
        text = ElementTree.tostring(svg_of(app, chart_series), "unicode")
        assert "style=" not in text
        assert "<script" not in text


def test_a_preterm_child_is_drawn_at_the_corrected_age_with_its_own_age_beside_it(app):
    early = Patient(BORN, "F", 32)  # eight weeks
    series = series_of(early, SEEN, Standard.NATIONAL, TODAY)[0]
    term = series_of(GIRL, SEEN, Standard.NATIONAL, TODAY)[0]
    for mine, other in zip(series.chart.dots, term.chart.dots, strict=True):
        assert mine.x < other.x
        assert mine.ghost == pytest.approx(other.x)
    ghosts = classed(svg_of(app, series), "growth-ghost")
    assert [float(ghost.get("cx")) for ghost in ghosts] == [
        pytest.approx(dot.x, abs=0.06) for dot in term.chart.dots
    ]
    assert classed(svg_of(app, term), "growth-ghost") == []


def test_points_beyond_the_standard_are_left_out():
    drawn = draw(
        Standard.NATIONAL, "head_circumference_for_age", "M", [Point(40, 50.5), Point(12, 46)]
    )
    assert [(dot.number, dot.point.value) for dot in drawn.dots] == [(1, 46)]


def test_school_children_have_the_two_edges_of_their_standard():
    # boys of 10.0 years: 19.2 and 21.9
    drawn = draw_cutoffs("M", [Point(120, 19.2), Point(121, 21.9), Point(60, 16)])
    edges = [placed(points) for _, points in drawn.lines]
    for dot, edge in zip(drawn.dots, edges, strict=True):
        left, right = [x for x, y in edge if y == pytest.approx(dot.y, abs=0.06)][:2]
        assert left - 0.06 <= dot.x <= right + 0.06


def test_the_parents_range_is_drawn_on_whos_heights_only():
    for standard in Standard:
        series = series_of(GIRL, SEEN, standard, TODAY, (160, 175))
        drawn = {chart_series.metric for chart_series in series if chart_series.chart.channel}
        assert drawn == ({"length_height_for_age"} if standard is Standard.WHO else set())
