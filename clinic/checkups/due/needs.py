"""What is due of the health checks for children."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from clinic.checkups.due.next_check import NextCheck
from clinic.checkups.due.plan import checks_booked, dues_of
from clinic.families.models import Child
from clinic.services.due import DueItem, Standing

ONE_DAY = timedelta(days=1)


def due(children: Collection[Child], on: date) -> Mapping[int, Sequence[DueItem]]:
    """The next check of each of these children, by id, on that day. Two queries."""
    checks = dues_of(children, on)
    booked = checks_booked([child.id for child in children], today=on)
    return {child.id: check_needs(checks[child.id], on, booked[child.id]) for child in children}


def check_needs(one: NextCheck, on: date, booked: Sequence[date]) -> list[DueItem]:
    """The next check, if there is one; its last day is the day before `latest`.

    `booked`: the days of the health checks that are booked; one before its age is another check.
    """
    check_age = one.check_age
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
