"""Why a day has nothing to offer, and what would help. Pure: values in, a sentence out."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from clinic.centres.days import Holiday
from clinic.scheduling.verdict.rules import Objection
from clinic.scheduling.verdict.slot_times import SlotTime
from clinic.sentences import mark

SHORT = {
    "full": mark("Full"),
    "taken": mark("Full"),
    "closed": mark("Closed"),
    "holiday": mark("Holiday"),
    "not_open_yet": mark("Not open yet"),
    "no_session": mark("None"),
    "other_times": mark("None"),
    "too_young": mark("Too young"),
    "too_old": mark("Too old"),
    "child_busy": mark("Busy"),
    "enough_that_day": mark("Booked"),
    "enough_that_week": mark("Booked"),
    "paused": mark("Paused"),
    "past": mark("Over"),
    "too_soon": mark("Over"),
    "not_together": mark("None"),
}
# What the family can do least about is said last.
FIRST_SAID = (
    "not_open_yet",
    "enough_that_day",
    "enough_that_week",
    "child_busy",
    "too_soon",
    "past",
)


NO_SESSION = Objection("no_session", mark("There are no sessions on this day."))


def why_none(
    slot_times: Sequence[SlotTime],
    against: Callable[[SlotTime], list[Objection]],
    *,
    holiday: Holiday | None,
    is_known: bool,
    closed_because: str,
    filtered: bool,
    opens: datetime | None = None,
) -> Objection:
    """Why none of a day's times can be had: they are all of that day, as the filters leave them.

    `is_known`: the public holidays of that day's year are known; until then the rota opens
    nothing in it. `closed_because` is what families read about a closure of that day;
    `filtered` says that other times of the day were left out by the family's own filters; `opens`
    when the day can be booked, if that lies ahead: its sessions may not have been made yet.
    """
    closed = Objection(
        "closed",
        mark("Closed on this day: %(reason)s") if closed_because else mark("Closed on this day."),
        {"reason": closed_because} if closed_because else {},
    )
    if not slot_times:
        if filtered:
            return Objection("other_times", mark("Nothing fits these filters on this day."))
        if holiday:
            return Objection("holiday", mark("The centres are closed: public holiday."))
        if not is_known:
            return Objection("not_open_yet", mark("This day is not open for booking yet."))
        if closed_because:
            return closed
        return opens_later(opens) if opens else NO_SESSION
    if all(slot_time.is_closed for slot_time in slot_times):
        return closed
    return _first_said([against(slot_time) for slot_time in slot_times if not slot_time.is_closed])


def _first_said(found: Sequence[list[Objection]]) -> Objection:
    """Of what stands against each of a day's times, what the family is told."""
    if not all(found):
        return Objection(
            "not_together", mark("There is no time for all of it together on this day.")
        )
    by_code = {objection.code: objection for those in found for objection in those}
    if any([objection.code for objection in those] == ["taken"] for those in found):
        return Objection("full", mark("Fully booked on this day."))
    for code in FIRST_SAID:
        if code in by_code:
            return by_code[code]
    return next(iter(by_code.values()))


def opens_later(moment: datetime) -> Objection:
    """That a day cannot be booked before that moment."""
    text = mark("This day is not open for booking yet. It opens at %(opens)s.")
    return Objection("not_open_yet", text, {"opens": moment}, moment)


def first_day(days: Sequence[tuple[date, int]]) -> date | None:
    """The first of these days with something free."""
    return next((day for day, free in days if free), None)
