"""Which health check is next, what it holds, and what a screen of warning signs asks for. Pure.

Source: the national specification of basic public health services (third edition, 2017) and the
autism screening specification of 2022; `schedule.json` names them. The ages are official, the
windows of a month (of a year from 4 years on) are an operating choice.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from clinic.ages import add_months, age_months
from clinic.checkups.due.schedule import CheckAge, check_ages

UNTIL_MONTHS = 84
HB = "haemoglobin"


@dataclass(frozen=True)
class NextCheck:
    """The next check; `check_age` is None when all are done or the child is seven."""

    check_age: CheckAge | None
    due_from: date | None = None
    due_by: date | None = None
    overdue: bool = False
    items: tuple[str, ...] = ()
    hb_needed: bool = False


def window(
    check_age: CheckAge, birth_date: date, discharge: date | None
) -> tuple[date | None, date | None]:
    """First and last day of that check (both inclusive); None where discharge is not known."""
    return day_of(check_age.start, birth_date, discharge), day_of(
        check_age.end, birth_date, discharge
    )


def day_of(moment: tuple[str, int], birth_date: date, discharge: date | None) -> date | None:
    """The day a moment of the schedule falls on; `before_months` is the day before that age."""
    unit, number = moment
    if unit == "months":
        return add_months(birth_date, number)
    if unit == "before_months":
        return add_months(birth_date, number) - timedelta(days=1)
    start = discharge if unit == "discharge_days" else birth_date
    return None if start is None else start + timedelta(days=number)


def next_check_age(
    birth_date: date, on: date, done: Collection[str], discharge: date | None = None
) -> CheckAge | None:
    """The check to offer that day.

    A check stays open until the next one's age comes; then the child has that one instead.
    Earlier checks are never offered after a later one was done.
    """
    if age_months(birth_date, on) >= UNTIL_MONTHS:
        return None
    every = check_ages()
    behind = max((at for at, check_age in enumerate(every) if check_age.id in done), default=-1)
    left = every[behind + 1 :]
    begun = [
        check_age for check_age in left if (window(check_age, birth_date, discharge)[0] or on) <= on
    ]
    return begun[-1] if begun else next(iter(left), None)


def hb_needed(check_age: CheckAge, done: Collection[str], *, hb_done: bool | None = None) -> bool:
    """Does that check take blood for haemoglobin? Once in 6-8 months, then 18, 30 months, yearly
    from 4 to 6 years. `hb_done`: was the test of this age done; unknown: as M6 was done.
    """
    if HB not in check_age.items or hb_done:
        return False
    return check_age.id != "M8" or "M6" not in done or hb_done is False


def due(
    birth_date: date,
    on: date,
    done: Collection[str] = (),
    *,
    discharge: date | None = None,
    hb_done: bool | None = None,
) -> NextCheck:
    """The next check of a child on that day, with its window and contents."""
    check_age = next_check_age(birth_date, on, done, discharge)
    if check_age is None:
        return NextCheck(None)
    first, last = window(check_age, birth_date, discharge)
    needed = hb_needed(check_age, done, hb_done=hb_done)
    items = tuple(item for item in check_age.items if item != HB or needed)
    return NextCheck(check_age, first, last, last is not None and on > last, items, needed)


def screen_action(positive: Collection[str], *, regression: bool = False) -> tuple[str, str | None]:
    """("refer" or "none", why): any one sign, or language or social regression at any age (W1)."""
    if positive:
        return "refer", "any one item positive"
    return ("refer", "language or social regression") if regression else ("none", None)
