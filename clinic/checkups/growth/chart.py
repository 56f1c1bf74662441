"""Where a growth chart's lines and points lie, for templates/checkups/_chart.html. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, dist, floor

from clinic.checkups.growth import lines
from clinic.checkups.growth.china import data
from clinic.checkups.growth.lines import PERCENTILES, Standard

WIDTH, HEIGHT = 360.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 32.0, 34.0, 46.0, 34.0
WINDOWS = (12, 24, 36, 60, 84, 120, 228)  # months shown: the smallest that has all
MONTH_STEPS = {12: 2, 24: 3, 36: 6, 60: 12, 84: 12, 120: 12, 228: 24}
AREAS = ((0, 6), (1, 5), (2, 4))  # between which percentiles it is shaded, one upon the other
STEPS = (0.5, 1, 2, 5, 10, 20, 50)
MOST_STEPS = 8
IN_YEARS_BEYOND = 36  # months
ROOM_CM = 8  # left and right of a child's lengths
NEAREST, FARTHEST = 4.0, 12.0  # around a point, for a finger
APART = 10.0  # between the names of two lines


@dataclass(frozen=True)
class Point:
    """A value (kg, cm, kg/m2) at an age (months) or a length (cm); `real` is the age not corrected."""

    at: float
    value: float
    real: float | None = None
    at_home: bool = False


@dataclass(frozen=True)
class Dot:
    """A point where it is drawn; `ghost` is its x by the age that is not corrected.

    `reach`: how far around it a touch is meant for it, and not for the one beside it.
    """

    x: float
    y: float
    point: Point
    number: int  # among the points given
    ghost: float | None = None
    reach: float = 0.0


@dataclass(frozen=True)
class Chart:
    """Everything in the drawing's own units. Texts are pairs of a place and what stands there."""

    areas: list[str]
    lines: list[tuple[str, str]]  # (name, points)
    names: list[tuple[str, float, float]]  # (name, x, y)
    dots: list[Dot]
    across: list[tuple[float, float]]
    down: list[tuple[float, float]]
    across_in: str = "months"  # months, years or cm
    channel: str = ""

    @property
    def line(self) -> str:
        """The child's points, joined."""
        return _joined([(dot.x, dot.y) for dot in self.dots])


@dataclass(frozen=True)
class Frame:
    """What part of the numbers is shown."""

    left: float
    right: float
    low: float
    high: float
    step: float

    def x(self, at: float) -> float:
        """Where an age or a length lies."""
        return LEFT + (at - self.left) / (self.right - self.left) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Where a value lies."""
        return TOP + (self.high - value) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)

    @property
    def ticks(self) -> list[tuple[float, float]]:
        """Where whole steps lie, and which."""
        count = round((self.high - self.low) / self.step)
        values = [self.low + n * self.step for n in range(count + 1)]
        return [(self.y(one), one) for one in values]

    def places(self, pairs: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        """Where these (at, value) lie."""
        return [(self.x(at), self.y(value)) for at, value in pairs]


def _joined(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def draw(
    standard: Standard,
    metric: str,
    sex: str,
    points: Sequence[Point],
    parents: tuple[float, float] | None = None,
) -> Chart:
    """The seven percentiles with a child's points; `parents`: the adult heights to expect (cm).

    Points beyond the standard are left out; the table beside the chart still has them.
    """
    whole = lines.xs(standard, metric, sex)
    left, right = _window(metric, whole, points)
    ats = [left, *(one for one in whole if left < one < right), right]
    rows = [(at, lines.percentiles_at(standard, metric, sex, at)) for at in ats]
    known = [(at, row) for at, row in rows if row is not None]
    seen = [(n, one) for n, one in enumerate(points) if left <= one.at <= right]
    sides = _channel(standard, metric, sex, parents, ats)
    values = [row[at] for _, row in known for at in (0, -1)]
    frame = _frame(left, right, [*values, *(one.value for _, one in seen)])
    curves = [[(at, row[column]) for at, row in known] for column in range(len(PERCENTILES))]
    drawn = [frame.places(curve) for curve in curves]
    return Chart(
        areas=[_joined([*drawn[a], *reversed(drawn[b])]) for a, b in AREAS],
        lines=[(f"{p}", _joined(one)) for p, one in zip(PERCENTILES, drawn, strict=True)],
        names=_named([(f"{p}", *one[-1]) for p, one in zip(PERCENTILES, drawn, strict=True)]),
        dots=_dots(frame, seen),
        across=_across(metric, frame),
        across_in=_across_in(metric, frame),
        down=frame.ticks,
        channel=_joined([frame.places([(at, _within(frame, v))])[0] for at, v in sides]),
    )


def draw_cutoffs(sex: str, points: Sequence[Point]) -> Chart:
    """BMI from 6 to 18 years with the two edges of WS/T 586-2018, in steps of half years."""
    table = data("wst586_2018")[sex]
    left, right = 72.0, table[-1][0] * 12 + 6.0
    curves = [
        [(at, row[n]) for row in table for at in (row[0] * 12, row[0] * 12 + 6)] for n in (1, 2)
    ]
    seen = [(n, one) for n, one in enumerate(points) if left <= one.at < right]
    values = [value for curve in curves for _, value in curve]
    frame = _frame(left, right, [13.0, *values, *(one.value for _, one in seen)])
    drawn = [frame.places(curve) for curve in curves]
    names = ("overweight", "obese")
    return Chart(
        areas=[_joined([*drawn[0], *reversed(drawn[1])])],
        lines=[(name, _joined(one)) for name, one in zip(names, drawn, strict=True)],
        names=[],
        dots=_dots(frame, seen),
        across=[(frame.x(year * 12), year) for year in range(6, 19, 2)],
        across_in="years",
        down=frame.ticks,
    )


def _window(metric: str, whole: Sequence[float], points: Sequence[Point]) -> tuple[float, float]:
    """From where to where: what the child has reached, and some room to grow."""
    first, last = whole[0], whole[-1]
    ats = [point.at for point in points if first <= point.at <= last]
    if metric in lines.BY_LENGTH:
        if not ats:
            return first, last
        return max(first, floor(min(ats)) - ROOM_CM), min(last, ceil(max(ats)) + ROOM_CM)
    latest = (
        max(max(point.at, point.real or 0.0) for point in points if point.at in ats) if ats else 0.0
    )
    return first, min(last, next((window for window in WINDOWS if window > latest), last))


def _frame(left: float, right: float, values: Sequence[float]) -> Frame:
    """With whole steps under and over what is shown."""
    low, high = min(values), max(values)
    step = next(step for step in STEPS if (high - low) / step <= MOST_STEPS)
    return Frame(left, right, floor(low / step) * step, ceil(high / step) * step, step)


def _across(metric: str, frame: Frame) -> list[tuple[float, float]]:
    """Months (below five years) or years; for lengths every ten centimetres."""
    if metric in lines.BY_LENGTH:
        step = 5 if frame.right - frame.left <= 45 else 10
        first = ceil(frame.left / step) * step
        return [(frame.x(cm), cm) for cm in range(first, floor(frame.right) + 1, step)]
    months = range(0, floor(frame.right) + 1, MONTH_STEPS[_shown(frame)])
    in_years = _across_in(metric, frame) == "years"
    return [(frame.x(month), month / 12 if in_years else month) for month in months]


def _across_in(metric: str, frame: Frame) -> str:
    if metric in lines.BY_LENGTH:
        return "cm"
    return "years" if _shown(frame) > IN_YEARS_BEYOND else "months"


def _shown(frame: Frame) -> int:
    return next((window for window in WINDOWS if window >= frame.right), WINDOWS[-1])


def _named(ends: Sequence[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    """The names at the ends of the lines, moved apart where they would touch."""
    placed: list[tuple[str, float, float]] = []
    for name, x, y in ends:  # from the lowest line upwards
        above = placed[-1][2] - APART if placed else y
        placed.append((name, x, min(y, above)))
    return placed


def _dots(frame: Frame, seen: Sequence[tuple[int, Point]]) -> list[Dot]:
    ordered = sorted(seen, key=lambda pair: pair[1].at)
    places = frame.places([(one.at, one.value) for _, one in ordered])
    return [
        Dot(*place, one, n, _ghost(frame, one), _reach(place, places[:k] + places[k + 1 :]))
        for k, (place, (n, one)) in enumerate(zip(places, ordered, strict=True))
    ]


def _ghost(frame: Frame, one: Point) -> float | None:
    shown = one.real is not None and one.at < one.real <= frame.right
    return frame.x(one.real) if shown and one.real is not None else None


def _reach(place: tuple[float, float], others: Sequence[tuple[float, float]]) -> float:
    """Half the way to the nearest other point, within limits."""
    nearest = min((dist(place, other) for other in others), default=2 * FARTHEST)
    return min(FARTHEST, max(NEAREST, nearest / 2))


def _channel(
    standard: Standard,
    metric: str,
    sex: str,
    parents: tuple[float, float] | None,
    ats: Sequence[float],
) -> list[tuple[float, float]]:
    """The outline of the parents' range, on WHO's heights only: the national tables end at seven."""
    if parents is None or standard is not Standard.WHO or metric != "length_height_for_age":
        return []
    sides = [(at, lines.channel(sex, *parents, at)) for at in ats]
    known = [(at, side) for at, side in sides if side]
    return [(at, side[0]) for at, side in known] + [(at, side[1]) for at, side in reversed(known)]


def _within(frame: Frame, value: float) -> float:
    return min(max(value, frame.low), frame.high)
