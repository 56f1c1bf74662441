"""The growth chart's geometry: points lie where the numbers say."""

import pytest
from flask import get_template_attribute

from clinic.checkups.growth.chart import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, chart


def test_points_lie_on_the_lines_of_their_percentile():
    # boys' weight at birth and at 81 months: P3 2.8 and 18.2
    drawn = chart("weight_for_age", "M", [(81, 18.2), (0, 2.8), (90, 30)])
    assert [point[2:] for point in drawn.points] == [(0, 2.8), (81, 18.2)]
    assert drawn.points[0][:2] == pytest.approx((LEFT, HEIGHT - BOTTOM))
    assert drawn.points[1][:2] == pytest.approx((WIDTH - RIGHT, drawn.bands[0][2]))
    assert drawn.line.split()[0] == drawn.bands[0][1].split()[0]


def test_higher_percentiles_lie_higher():
    ends = [end for _, _, end in chart("length_height_for_age", "F", []).bands]
    assert ends == sorted(set(ends), reverse=True)


def test_every_point_can_be_read_without_seeing(app):
    with app.test_request_context():
        macro = get_template_attribute("checkups/_chart.html", "growth_chart")
        page = macro(chart("weight_for_age", "F", [(6, 7.5), (12, 9)]), "Weight", "kg")
    assert page.count("<title>") == page.count("<td>") == 2
    assert "style=" not in page


def test_the_table_has_the_points_that_the_drawing_leaves_out(app):
    drawn = chart("head_circumference_for_age", "M", [(40, 50.5), (12, 46.0)])
    assert [point[2:] for point in drawn.points] == [(12, 46.0)]
    with app.test_request_context():
        macro = get_template_attribute("checkups/_chart.html", "growth_chart")
        page = macro(drawn, "Head", "cm")
    assert (page.count("<circle"), page.count("<td>")) == (1, 2)
    assert "<td>50.5 cm</td>" in page
