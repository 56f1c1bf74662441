"""Some clinicians ask for leave, so that their managers have something to answer."""

from datetime import date, time, timedelta

from sqlalchemy import select

from clinic.centres.models import Practitioner
from clinic.clock import at, day_bounds
from clinic.db import db
from clinic.scheduling.changes import leaves
from clinic.scheduling.changes.leaves import LeaveRequest

# Which of a centre's clinicians, from which day on and for how many, which hours, and why.
ASKS = (
    (0, 8, 2, None, "外出进修"),
    (1, 5, 1, (time(13), time(17)), "家长会"),
)


def fill(today: date) -> None:
    """At every centre the first asks for two days off, the second for an afternoon, unless
    somebody's question there is still to be answered."""
    open_ = select(LeaveRequest.centre_id).where(
        *leaves.waits_for_an_answer(), LeaveRequest.ends_at > at(today, time.min)
    )
    asked = set(db.session.scalars(open_))
    query = select(Practitioner).where(Practitioner.user_id.is_not(None)).order_by(Practitioner.id)
    by_centre: dict[int, list[Practitioner]] = {}
    for practitioner in db.session.scalars(query):
        by_centre.setdefault(practitioner.centre_id, []).append(practitioner)
    for centre_id, staff in by_centre.items():
        if centre_id in asked:
            continue
        for number, after, days, hours, reason in ASKS:
            if number < len(staff):
                _ask(staff[number], today + timedelta(days=after), days, hours, reason, today)


def _ask(
    practitioner: Practitioner,
    day: date,
    days: int,
    hours: tuple[time, time] | None,
    reason: str,
    today: date,
) -> None:
    starts_at, ends_at = day_bounds(day, days)
    if hours:
        starts_at, ends_at = at(day, hours[0]), at(day, hours[1])
    assert practitioner.user is not None
    leaves.ask_leave(
        practitioner, starts_at, ends_at, reason, by=practitioner.user, now=at(today, time.min)
    )
