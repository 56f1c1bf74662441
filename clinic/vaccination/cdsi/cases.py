"""Cases in the shape of the CDC's published test cases, and what its schedule says to them."""

from datetime import date

from clinic.cases import BadCase, Case, an_object, day
from clinic.vaccination.cdsi.course import AdministeredDose
from clinic.vaccination.cdsi.engine import assess


def answer(case: Case) -> Case:
    """One case. ValueError if it cannot be answered."""
    born, on = day(case, "dob"), day(case, "assessment_date")
    assert born
    assert on
    if not born <= on:
        raise BadCase("assessment_date cannot lie before dob")
    sex, group = case.get("sex"), case.get("vaccine_group")
    if sex not in ("F", "M", None):
        raise BadCase(f"sex must be F or M, not {sex!r}")
    if case.get("condition") or case.get("condition_code"):
        raise BadCase("only the schedule of healthy persons is known: condition must be null")
    if not isinstance(group, str):
        raise BadCase("vaccine_group must be a word such as DTAP")
    doses = doses_of(case, born)
    found = assess(born, sex, doses, group, on)
    # Told in the order of the case, whatever the order of the days.
    told = dict(zip(in_order(doses), found.evaluation, strict=True))
    return {
        "evaluation": [
            {
                "date": one.given_on.isoformat(),
                "cvx": one.cvx,
                "evaluation": told[at].status,
                "reason": told[at].reason,
            }
            for at, one in enumerate(doses)
        ],
        "series_status": found.status,
        "forecast_dose": str(found.number) if found.number else None,
        "earliest": iso(found.earliest),
        "recommended": iso(found.recommended),
        "past_due": iso(found.past_due),
    }


def in_order(doses: list[AdministeredDose]) -> list[int]:
    """The places of the doses in the order of their days."""
    return sorted(range(len(doses)), key=doses.__getitem__)


def doses_of(case: Case, born: date) -> list[AdministeredDose]:
    """What was given, also after the assessment. BadCase for a dose that cannot be."""
    rows = case.get("doses") or []
    if not isinstance(rows, list):
        raise BadCase("doses must be a list")
    doses = []
    for row in map(an_object, rows):
        given, cvx, mvx = day(row, "date"), row.get("cvx"), row.get("mvx") or ""
        assert given
        if not isinstance(cvx, str) or not isinstance(mvx, str):
            raise BadCase("each dose needs a cvx, a text such as '08'")
        if given < born:
            raise BadCase(f"{cvx} on {given}: before dob")
        doses.append(AdministeredDose(given, cvx, mvx))
    return doses


def iso(value: date | None) -> str | None:
    """A date as files have it."""
    return value.isoformat() if value else None
