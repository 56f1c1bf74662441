"""Where a growth chart's lines and points lie, for templates/checkups/_chart.html. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from clinic.checkups.growth.china import TABLES, data

WIDTH, HEIGHT = 360.0, 280.0
LEFT, RIGHT, TOP, BOTTOM = 36.0, 28.0, 10.0, 28.0
PERCENTILES = (3, 10, 25, 50, 75, 90, 97)


@dataclass(frozen=True)
class Chart:
    """Everything in the drawing's own units; `points` are (x, y, months, value).

    `table` has every (months, value), those beyond the standard's ages too.
    """

    bands: list[tuple[int, str, float]]
    points: list[tuple[float, float, float, float]]
    months: list[tuple[float, int]]
    values: list[tuple[float, int]]
    table: list[tuple[float, float]]

    @property
    def line(self) -> str:
        """The child's points, joined."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in self.points)


def chart(metric: str, sex: str, measured: Sequence[tuple[float, float]]) -> Chart:
    """The seven percentiles of WS/T 423-2022 and a child's (months, value), kg or cm.

    A point beyond the standard's ages is left out; the table beside the chart still has it.
    """
    rows = data("wst423_2022")["tables"][f"A.{TABLES[metric] + (sex == 'F')}"]["rows"]
    last: int = rows[-1][0]
    seen = sorted(point for point in measured if 0 <= point[0] <= last)
    low: float = min([rows[0][1], *(value for _, value in seen)])
    high: float = max([rows[-1][7], *(row[7] for row in rows), *(value for _, value in seen)])

    def across(months: float) -> float:
        return LEFT + months / last * (WIDTH - LEFT - RIGHT)

    def down(value: float) -> float:
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    bands = [
        (
            percentile,
            " ".join(f"{across(row[0]):.1f},{down(row[at]):.1f}" for row in rows),
            down(rows[-1][at]),
        )
        for at, percentile in enumerate(PERCENTILES, 1)
    ]
    step = 10 if high - low > 30 else 5
    return Chart(
        bands,
        [(across(months), down(value), months, value) for months, value in seen],
        [(across(month), month) for month in range(0, last + 1, 12)],
        [(down(value), value) for value in range(0, 200, step) if low <= value <= high],
        sorted(measured),
    )
