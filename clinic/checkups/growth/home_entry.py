"""What a parent typed of a child's measurements at home and of their own heights: shape, units, doubts."""

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import date

from clinic import plain
from clinic.amounts import UNITS, How, Kind, amount_of
from clinic.checkups.growth.measuring import (
    METRICS,
    Measured,
    Patient,
    check_day,
    doubt_about,
    meant,
)
from clinic.errors import DomainError
from clinic.i18n import gettext as _
from clinic.i18n import say
from clinic.outside import a_day
from clinic.typed import Errors

CENTIMETRES = re.compile("(cm|厘米)$")
LOW_CM, HIGH_CM = 120, 220  # of a parent; the database holds the same


def home_typed(
    typed: Mapping[str, str], patient: Patient, before: Collection[Measured], today: date
) -> tuple[list[Measured], Errors]:
    """The amounts of one day, or at each field why not.

    What is doubtful is asked once: the same number with `sure-<kind>` ticked is taken.
    """
    errors: Errors = {}
    on = _day(typed.get("on", ""), patient, today, errors)
    measured = []
    for kind in METRICS:
        text = typed.get(kind.value, "")
        if not text:
            continue
        try:
            one = Measured(on or today, kind, amount_of(kind, text), _how(kind, typed))
        except DomainError as refused:
            errors[kind.value] = _meant(kind, text, patient, on or today) or say(refused)
            continue
        doubt = doubt_about(text, one, patient, before) if on else None
        if doubt and typed.get(f"sure-{kind.value}") != text:
            errors[kind.value] = say(doubt)
        measured.append(one)
    if not measured and not errors:
        errors["weight"] = _("Enter at least one number.")
    return measured, errors


def within_range(typed: Mapping[str, str]) -> list[str]:
    """The fields whose number can be saved, if the family says that it is right."""
    names = []
    for kind in METRICS:
        with suppress(DomainError):
            amount_of(kind, typed.get(kind.value, ""))
            names.append(kind.value)
    return names


def _day(text: str, patient: Patient, today: date, errors: Errors) -> date | None:
    on = a_day(text)
    if on is None:
        errors["on"] = _("Enter the day of the measurement, as 2025-03-01.")
        return None
    try:
        check_day(on, patient.birth_date, today)
    except DomainError as refused:
        errors["on"] = say(refused)
        return None
    return on


def _how(kind: Kind, typed: Mapping[str, str]) -> How | None:
    if kind is not Kind.LENGTH or typed.get("how") not in {how.value for how in How}:
        return None
    return How(typed["how"])


def _meant(kind: Kind, text: str, patient: Patient, on: date) -> str | None:
    """What a number out of range was probably meant as: 9200 is 9.2 kg."""
    found = meant(kind, text, patient, on)
    if found is None:
        return None
    number, was, unit = found
    return _(
        "Did you mean %(number)s %(unit)s (%(was)s %(as_unit)s)?",
        number=number,
        unit=UNITS[kind][0],
        was=was,
        as_unit=unit,
    )


def heights_typed(typed: Mapping[str, str]) -> tuple[tuple[int, int], Errors]:
    """Mother's and father's height, mm, from cm; or at each field why not."""
    errors: Errors = {}
    found = [_height(name, typed.get(name, ""), errors) for name in ("mother", "father")]
    return (found[0], found[1]), errors


def _height(name: str, text: str, errors: Errors) -> int:
    try:
        number = plain.number(CENTIMETRES.sub("", plain.signs(text).lower()))
    except DomainError:
        errors[name] = _("Enter a number, for example %(example)s.", example="165")
        return 0
    if not LOW_CM <= number <= HIGH_CM:
        errors[name] = _(
            "This must lie between %(low)s and %(high)s %(unit)s.",
            low=LOW_CM,
            high=HIGH_CM,
            unit="cm",
        )
        return 0
    return int((number * 10).to_integral_value())
