"""What is due of the programme for children, what comes after it, and the paid vaccines as advice."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from clinic.families.models import Child
from clinic.services.due import DueItem, Outlook, Past, Standing
from clinic.vaccination.doses.records import cases_of
from clinic.vaccination.programme.ahead import ahead
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.programme.child import Dose
from clinic.vaccination.programme.forecast import Evaluated, Forecast, forecast
from clinic.vaccination.programme.legal import Booked
from clinic.vaccination.programme.national import national
from clinic.vaccination.programme.paid import Advice, advice
from clinic.vaccination.programme.visit_rules import at_a_visit

STANDINGS = {
    "overdue": Standing.OVERDUE,
    "due": Standing.DUE,
    "needs_precondition": Standing.ASK,
    "upcoming": Standing.COMING,
    "complete": Standing.DONE,
}
SOON = timedelta(days=120)  # paid vaccines later than that are not told yet


def due(children: Collection[Child], on: date) -> Mapping[int, Sequence[DueItem]]:
    """The series as needs of each of these children, by id, on that day. One query."""
    cases = cases_of([child.id for child in children], today=on)
    return {
        child_id: vaccine_needs(forecast(case.child, case.given, on), case.booked)
        for child_id, case in cases.items()
    }


def outlook(child: Child, on: date) -> Outlook:
    """All of it for one child. As many queries for a long record as for none."""
    case = cases_of([child.id], today=on)[child.id]
    lines = forecast(case.child, case.given, on)
    steps = ahead(case.child, case.given, on)
    paid = [advised for advised in advice(case.child, case.given, on) if advised.usual <= on + SOON]
    return Outlook(
        due=vaccine_needs(lines, case.booked),
        later=[need for step in steps if not step.is_next and (need := vaccine_need(step.line))],
        paid=[need for advised in paid if (need := _paid_need(advised, on, case.booked))],
        past=_past(lines, case.given),
        room_for=at_a_visit().injections,
    )


def _past(lines: Sequence[Forecast], given: Iterable[Dose]) -> list[Past]:
    """The doses on record, in the order in which they were given; of the others why they do not count."""
    once = {(seen.dose.vaccine, seen.dose.given_on): seen for line in lines for seen in line.doses}
    found = []
    for dose in sorted(given, key=lambda dose: (dose.given_on, dose.vaccine)):
        vaccine = vaccines()[dose.vaccine]
        seen = once.get((dose.vaccine, dose.given_on), Evaluated(dose, True))
        against = ("", "") if seen.is_valid or not seen.why else (seen.why.zh, seen.why.en)
        found.append(Past(vaccine.name_zh, vaccine.name_en, dose.given_on, *against))
    return found


def vaccine_needs(lines: Iterable[Forecast], booked: Collection[Booked]) -> list[DueItem]:
    """The series as needs, those that are for the child, with the day of the visit booked for the dose."""
    days = {(dose.series, dose.number): dose.dose.given_on for dose in booked}
    return [
        replace(need, booked_on=days.get((line.series, line.number or 0)))
        for line in lines
        if (need := vaccine_need(line))
    ]


def vaccine_need(one: Forecast) -> DueItem | None:
    """A series as a need: named by its next dose, or by the disease once it is complete. None: not for it."""
    if one.status not in STANDINGS:
        return None
    if one.vaccine is None:
        name = national().names[one.series]
        zh, en = name["zh"], name["en"]
    else:
        vaccine = national().vaccines[one.vaccine]
        zh = f"{vaccine.name_zh} 第{one.number}剂"
        en = f"{vaccine.name_en}, dose {one.number}"
    return DueItem(
        "vaccination",
        one.series,
        zh,
        en,
        one.why.zh,
        one.why.en,
        one.rule,
        STANDINGS[one.status],
        earliest=one.earliest,
        recommended=one.recommended,
        latest=one.complete_before,
        takes=0 if one.vaccine and vaccines()[one.vaccine].route == "PO" else 1,
        is_purpose=True,
    )


def _paid_need(one: Advice, on: date, booked: Collection[Booked]) -> DueItem | None:
    """Paid advice as a need: from the day that is advised, or from today if that is past."""
    need = next(iter(vaccine_needs([one.line], booked)), None)
    if need is None:
        return None
    standing = (
        Standing.COMING if one.usual > on and need.standing is Standing.DUE else need.standing
    )
    return replace(
        need, standing=standing, recommended=one.usual, latest=one.best_before, left=one.left
    )
