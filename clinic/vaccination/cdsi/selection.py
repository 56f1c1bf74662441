"""Which of the series against a disease is a person's (chapter 8). Pure."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from clinic.vaccination.cdsi.forecast import SeriesForecast, SeriesStatus

BEST_FIRST = (
    SeriesStatus.COMPLETE,
    SeriesStatus.IMMUNE,
    SeriesStatus.NOT_COMPLETE,
    SeriesStatus.NOT_RECOMMENDED,
    SeriesStatus.AGED_OUT,
)


def best(forecasts: Sequence[SeriesForecast]) -> SeriesForecast:
    """The one series of an antigen that is told: of each series group the prioritised one, then
    a complete one if there is, or else the first that is not over."""
    groups: dict[str, list[SeriesForecast]] = {}
    for one in forecasts:
        groups.setdefault(one.course.series.group, []).append(one)
    found = [
        series_forecast for series_forecast in map(_prioritised, groups.values()) if series_forecast
    ]
    return min(found, key=lambda one: BEST_FIRST.index(one.status))


def _prioritised(group: Sequence[SeriesForecast]) -> SeriesForecast | None:
    """Tables 8-2 to 8-4."""
    scorable = [series_forecast for series_forecast in group if _is_scorable(series_forecast)]
    if not scorable:
        rest = [
            series_forecast
            for series_forecast in group
            if not series_forecast.course.series.evaluation_only
        ]
        return next(
            (
                series_forecast
                for series_forecast in rest
                if series_forecast.course.series.is_default
            ),
            None,
        ) or _top(rest, _no_dose_points)
    complete = [
        series_forecast
        for series_forecast in scorable
        if series_forecast.status == SeriesStatus.COMPLETE
    ]
    if complete:
        return _top(complete, _complete_points)
    going = [
        series_forecast
        for series_forecast in scorable
        if series_forecast.status == SeriesStatus.NOT_COMPLETE
    ]
    return _top(going or scorable, _in_process_points)


def _is_scorable(one: SeriesForecast) -> bool:
    """It has a valid dose, given before it was too late to start the series."""
    series = one.course.series
    if series.evaluation_only:
        return one.status == SeriesStatus.COMPLETE
    if not one.course.valid:
        return False
    limit = one.course.person.at(series.maximum_age_to_start)
    return limit is None or one.course.valid[0].given_on < limit


Points = Callable[[Sequence[SeriesForecast]], list[int]]


def _top(series: Sequence[SeriesForecast], points: Points) -> SeriesForecast | None:
    """The one with most points; of several the preferred one."""
    if not series:
        return None
    scored = zip(points(series), series, strict=True)
    return max(scored, key=lambda one: (one[0], -one[1].course.series.preference))[1]


def _complete_points(series: Sequence[SeriesForecast]) -> list[int]:
    """Table 8-6."""
    return _lead(series, lambda one: len(one.course.valid), 1)


def _in_process_points(series: Sequence[SeriesForecast]) -> list[int]:
    """Table 8-7."""
    return _sum(
        _each(series, _is_product_throughout, 2),
        _each(series, _is_completable, 3),
        _lead(series, lambda one: len(one.course.valid), 2),
        _lead(series, lambda one: -_doses_left(one), 2),
        _lead(series, lambda one: -_finish(one).toordinal(), 1),
    )


def _no_dose_points(series: Sequence[SeriesForecast]) -> list[int]:
    """Table 8-8."""
    return _sum(
        _lead(series, lambda one: -(one.earliest or date.max).toordinal(), 1),
        _each(series, _is_completable, 1),
        _each(series, lambda one: one.course.series.is_product, -1),
    )


def _sum(*columns: list[int]) -> list[int]:
    return [sum(row) for row in zip(*columns, strict=True)]


def _each(
    series: Sequence[SeriesForecast], holds: Callable[[SeriesForecast], bool], points: int
) -> list[int]:
    return [points if holds(series_forecast) else -points for series_forecast in series]


def _lead(
    series: Sequence[SeriesForecast], value: Callable[[SeriesForecast], Any], points: int
) -> list[int]:
    """The points for the highest value, none if several share it; the others lose as many."""
    values = [value(series_forecast) for series_forecast in series]
    top = max(values)
    won = points if values.count(top) == 1 else 0
    return [won if one == top else -points for one in values]


def _is_product_throughout(one: SeriesForecast) -> bool:
    """A series of one product in which every dose counted."""
    seen = one.course.seen
    return one.course.series.is_product and len(one.course.valid) == len(seen)


def _doses_left(one: SeriesForecast) -> int:
    return len(one.course.series.doses) - one.course.at


def _finish(one: SeriesForecast) -> date:
    """SELECTB-12: the earliest date, and after it the longest minimum interval still to come."""
    if one.earliest is None:
        return date.max
    left = one.course.series.doses[one.course.at + 1 :]
    lengths = [each.minimum for dose in left for each in dose.intervals if each.minimum]
    return max([one.earliest, *(length.after(one.earliest) for length in lengths)])


def _is_completable(one: SeriesForecast) -> bool:
    """SELECTB-3: it can be finished before the last target dose comes too late."""
    limits = [one.course.person.at(age.maximum) for age in one.course.series.doses[-1].ages]
    return all(_finish(one) < limit for limit in limits if limit)
