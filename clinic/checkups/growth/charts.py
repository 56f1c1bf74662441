"""What a family's growth page shows: series, charts and latest values, from what was measured. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from clinic.amounts import Kind
from clinic.checkups.growth import china, lines
from clinic.checkups.growth.between import STANDING_FROM_MONTHS, as_measured
from clinic.checkups.growth.chart import Chart, Point, draw, draw_cutoffs
from clinic.checkups.growth.lines import Crossing, Reading, Standard
from clinic.checkups.growth.measuring import (
    METRICS,
    Measured,
    Patient,
    months_at,
)
from clinic.checkups.growth.who import bmi
from clinic.sentences import mark

NATIONAL_UNTIL_MONTHS = 84.0
WEIGHT, LENGTH, HEAD = (METRICS[kind] for kind in (Kind.WEIGHT, Kind.LENGTH, Kind.HEAD))
BMI = "bmi_for_age"
TITLES = {
    WEIGHT: mark("Weight"),
    LENGTH: mark("Length or height"),
    HEAD: mark("Head circumference"),
    BMI: mark("Body mass index (BMI)"),
    "weight_for_length": mark("Weight for length"),
    "weight_for_height": mark("Weight for height"),
}
UNITS = {LENGTH: "cm", HEAD: "cm", BMI: "kg/m²"}


@dataclass(frozen=True)
class Entered:
    """One amount as it is on record."""

    id: int
    measured: Measured
    at_home: bool


@dataclass(frozen=True)
class Sample:
    """One value of a series (kg, cm, kg/m2) with its ages in months and where it lies."""

    on: date
    value: float
    at: float
    months: float
    real: float
    at_home: bool
    reading: Reading | None
    word: str | None


@dataclass(frozen=True)
class ChartSeries:
    """One chart with its samples, by day; `standard` is what its lines are of."""

    metric: str
    standard: str
    chart: Chart
    samples: Sequence[Sample]

    @property
    def title(self) -> str:
        """A marked text."""
        return TITLES[self.metric]

    @property
    def unit(self) -> str:
        """In which its values are."""
        return UNITS.get(self.metric, "kg")

    @property
    def latest(self) -> Sample | None:
        """The last one measured."""
        return self.samples[-1] if self.samples else None


def series_of(
    patient: Patient,
    entered: Sequence[Entered],
    standard: Standard,
    today: date,
    parents: tuple[float, float] | None = None,
) -> list[ChartSeries]:
    """The four charts of a child: weight, length or height, weight for it (or BMI), head.

    `parents`: (mother's, father's height), cm. From seven years on there are no national tables
    of weight and height: then WHO's lines are drawn, and BMI by WS/T 586-2018.
    """
    by_kind = _by_day(entered)
    real, _ = months_at(patient, today)
    target = parents and lines.target_range(patient.sex, *parents)
    found = []
    for metric in _metrics(real):
        samples = _samples(metric, patient, by_kind, _lines_for(metric, standard, real))
        if metric == HEAD and not samples and real > 36:
            continue  # no longer measured
        found.append(_series(metric, patient, samples, standard, real, target))
    return found


def _metrics(real: float) -> tuple[str, ...]:
    """Weight for length below two years; the index, which takes age into account, from then on."""
    third = "weight_for_length" if real < STANDING_FROM_MONTHS else BMI
    return WEIGHT, LENGTH, third, HEAD


def _lines_for(metric: str, standard: Standard, real: float) -> Standard:
    """Whose percentiles are drawn at this age."""
    if standard is Standard.NATIONAL and real >= NATIONAL_UNTIL_MONTHS and metric != HEAD:
        return Standard.WHO
    return standard


def _series(
    metric: str,
    patient: Patient,
    samples: Sequence[Sample],
    standard: Standard,
    real: float,
    target: tuple[float, float] | None,
) -> ChartSeries:
    points = [
        Point(
            sample.at,
            sample.value,
            sample.real if sample.at == sample.months else None,
            sample.at_home,
        )
        for sample in samples
    ]
    if metric == BMI and standard is Standard.NATIONAL and real >= NATIONAL_UNTIL_MONTHS:
        return ChartSeries(metric, "WS/T 586-2018", draw_cutoffs(patient.sex, points), samples)
    drawn = _lines_for(metric, standard, real)
    name = "WHO" if drawn is Standard.WHO else "WS/T 423-2022"
    return ChartSeries(metric, name, draw(drawn, metric, patient.sex, points, target), samples)


def _by_day(entered: Sequence[Entered]) -> Mapping[Kind, Mapping[tuple[date, bool], Measured]]:
    found: dict[Kind, dict[tuple[date, bool], Measured]] = {kind: {} for kind in Kind}
    for one in sorted(entered, key=lambda one: (one.measured.on, one.id)):
        found[one.measured.kind][one.measured.on, one.at_home] = one.measured
    return found


def _samples(
    metric: str,
    patient: Patient,
    by_kind: Mapping[Kind, Mapping[tuple[date, bool], Measured]],
    standard: Standard,
) -> list[Sample]:
    """The series, by day. Weight for length and BMI need both on one day, from one source."""
    found = []
    kind = next((kind for kind, one in METRICS.items() if one == metric), Kind.WEIGHT)
    for (on, at_home), one in by_kind[kind].items():
        real, months = months_at(patient, on)
        at, value = months, one.amount / (1000 if kind is Kind.WEIGHT else 10)
        tall = _tall(one if metric == LENGTH else by_kind[Kind.LENGTH].get((on, at_home)), real)
        if metric == LENGTH:
            value = tall or value
        elif metric == BMI or metric in lines.BY_LENGTH:
            if tall is None or (metric == "weight_for_length" and real >= STANDING_FROM_MONTHS):
                continue
            at, value = (months, bmi(value, tall) or 0.0) if metric == BMI else (tall, value)
        reading = lines.read(standard, metric, patient.sex, at, value)
        word = word_of(metric, patient.sex, at, value, real / 12)
        found.append(Sample(on, value, at, months, real, at_home, reading, word))
    return found


def _tall(length: Measured | None, real: float) -> float | None:
    """Length or height, cm, as the standard wants it at that age."""
    if length is None:
        return None
    return as_measured(length.amount / 10, length.how, standing=real >= STANDING_FROM_MONTHS)


def word_of(metric: str, sex: str, at: float, value: float, years: float) -> str | None:
    """The national standards' own word: WS/T 423-2022 where it has rows, then WS/T 586-2018 for BMI."""
    edges = china.row(metric, sex, at)
    if edges is not None:
        return china.nutrition(metric, value, edges)
    return china.overweight(sex, years, value) if metric == BMI else None


def crossed_now(
    patient: Patient, before: Sequence[Entered], measured: Mapping[Kind, Measured]
) -> list[tuple[str, Crossing]]:
    """Titles of what crosses main percentile lines with these new amounts, by the national standard."""
    newest = max((entered.id for entered in before), default=0)
    new = [Entered(newest + n, one, False) for n, one in enumerate(measured.values(), start=1)]
    by_kind = _by_day([*before, *new])
    found = []
    for kind, metric in METRICS.items():
        if kind in measured:
            real, _ = months_at(patient, measured[kind].on)
            by = _lines_for(metric, Standard.NATIONAL, real)
            samples = _samples(metric, patient, by_kind, by)
            found.append((TITLES[metric], lines.crossing([(s.months, s.reading) for s in samples])))
    return [(title, crossed) for title, crossed in found if crossed]


def crossings(series: Sequence[ChartSeries]) -> list[tuple[ChartSeries, Crossing]]:
    """Where two main percentile lines were crossed within a year: for the clinician."""
    found = [
        (chart_series, lines.crossing([(s.months, s.reading) for s in chart_series.samples]))
        for chart_series in series
        if chart_series.standard != "WS/T 586-2018"
    ]
    return [(one, crossed) for one, crossed in found if crossed]
