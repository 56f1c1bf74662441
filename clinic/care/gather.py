"""A family's care plans: what the services say, put into one plan for each child."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from clinic.care.plan import DueItem, Plan, Standing, plan_of
from clinic.checkups.due import next_check as checkups
from clinic.checkups.due.plan import checks_booked, dues_of
from clinic.families.models import Child
from clinic.vaccination.booking.booked import doses_booked
from clinic.vaccination.programme.forecast import Forecast
from clinic.vaccination.programme.legal import Booked
from clinic.vaccination.programme.national import national
from clinic.vaccination.record.plan import forecasts_of

STANDINGS = {
    "overdue": Standing.OVERDUE,
    "due": Standing.DUE,
    "needs_precondition": Standing.ASK,
    "upcoming": Standing.COMING,
    "complete": Standing.DONE,
}
ONE_DAY = timedelta(days=1)


def plans_of(children: Collection[Child], on: date) -> Mapping[int, Plan]:
    """The plan of each of these children, by id, on that day. As many queries for one as for ten."""
    ids = [child.id for child in children]
    vaccinations, checks = forecasts_of(children, on), dues_of(children, on)
    doses, visits = doses_booked(ids, today=on), checks_booked(ids, today=on)
    return {
        child.id: plan_of(
            [
                *vaccine_needs(vaccinations[child.id], doses[child.id]),
                *check_needs(checks[child.id], on, visits[child.id]),
            ]
        )
        for child in children
    }


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
        is_purpose=True,
    )


def check_needs(one: checkups.NextCheck, on: date, booked: Sequence[date]) -> list[DueItem]:
    """The next check, if there is one; its last day is the day before `latest`.

    `booked`: the days of the health checks that are booked; one before its age is another check.
    """
    check_age = one.visit
    if check_age is None:
        return []
    booked_on = next((day for day in booked if day >= (one.due_from or day)), None)
    standing = Standing.OVERDUE if one.overdue else Standing.DUE
    if one.due_from and one.due_from > on:
        standing = Standing.COMING
    return [
        DueItem(
            "checkups",
            check_age.id,
            check_age.name_zh,
            check_age.name_en,
            "国家基本公共卫生服务规范",
            "National basic public health services",
            check_age.id,
            standing,
            earliest=one.due_from,
            recommended=one.due_from,
            latest=one.due_by + ONE_DAY if one.due_by else None,
            booked_on=booked_on,
        )
    ]
