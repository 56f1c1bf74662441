"""What booked visits are for after a child's record changed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from clinic.vaccination.programme.child import Dose
from clinic.vaccination.programme.legal import Booked, ChildRecord, lines_for


@dataclass(frozen=True)
class Purpose:
    """A dose that a visit on that day is for, or was for until a change took it away."""

    reservation_id: int
    day: date
    series: str
    vaccine: str
    number: int
    is_live: bool


@dataclass(frozen=True)
class CurrentDose:
    """What may be given of the series on the visit's day: which vaccine, as which dose."""

    vaccine: str
    number: int


def current_purposes(
    case: ChildRecord, purposes: Sequence[Purpose]
) -> dict[int, CurrentDose | None]:
    """By reservation, the dose of its series that may be given on the visit's day, or None.

    Visits are taken in the order of their days: doses of earlier ones, and what `case` says is
    booked, count as given. A purpose that was taken away comes back, unless its series is booked for
    another visit by now.
    """
    found: dict[int, CurrentDose | None] = {}
    booked = list(case.booked)
    live = {purpose.series for purpose in purposes if purpose.is_live}
    for purpose in sorted(purposes, key=lambda each: (each.day, each.reservation_id)):
        if not purpose.is_live and purpose.series in live:
            found[purpose.reservation_id] = None
            continue
        so_far = replace(case, booked=tuple(booked))
        line = lines_for(so_far, {purpose.series}, purpose.day).get(purpose.series)
        if line is None or not line.may_be_given:
            found[purpose.reservation_id] = None
            continue
        assert line.vaccine
        assert line.number
        found[purpose.reservation_id] = CurrentDose(line.vaccine, line.number)
        live.add(purpose.series)
        booked.append(Booked(purpose.series, Dose(line.vaccine, purpose.day)))
    return found
