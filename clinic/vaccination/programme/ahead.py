"""The rest of the programme for a child, if every dose is given on its first day. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from clinic.vaccination.programme.child import Dose, Recipient
from clinic.vaccination.programme.forecast import Forecast, forecast

MOST = 60  # rounds; the programme has some 25 doses


@dataclass(frozen=True)
class FutureDose:
    """A dose to come. `is_next` is what the forecast of today says; the others suppose those before."""

    line: Forecast
    is_next: bool


def ahead(child: Recipient, history: Iterable[Dose], on: date) -> list[FutureDose]:
    """Every dose of the programme from that day on, by day. ValueError for an unknown vaccine.

    What a test or a doctor must decide first is told once, and not supposed to have been given.
    """
    given, day = list(history), on
    found = [
        FutureDose(series, is_next=True) for series in forecast(child, given, on) if series.vaccine
    ]
    seen = {(future_dose.line.series, future_dose.line.number) for future_dose in found}
    for _ in range(MOST):
        lines = [
            series for series in forecast(child, given, day) if series.vaccine and series.earliest
        ]
        for one in lines:
            if (one.series, one.number) not in seen:
                seen.add((one.series, one.number))
                found.append(FutureDose(one, is_next=False))
        open_lines = [line for line in lines if line.status != "needs_precondition"]
        if not open_lines:
            break
        day = max(day, min(line.earliest for line in open_lines if line.earliest))
        given += [
            Dose(line.vaccine, day)
            for line in open_lines
            if line.vaccine and line.earliest and line.earliest <= day
        ]
    return sorted(found, key=lambda one: (one.line.earliest or date.max, one.line.series))
