"""A child's timeline: in which order its days come, and what of it can be booked for one visit. Pure."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from clinic.care.plan import plan_of
from clinic.care.timeline import Timeline, last_bookable
from clinic.services.due import DueItem, Standing

TODAY = date(2026, 3, 2)
DAY = timedelta(days=1)
LAST = TODAY + 14 * DAY


def item(code, standing=Standing.COMING, earliest=TODAY, **facts):
    usual = {"kind": "vaccination", "is_purpose": True} | facts
    kind = usual.pop("kind")
    return DueItem(kind, code, code, code, "", "", "", standing, earliest=earliest, **usual)


def timeline(*due, later=(), room_for=1):
    return Timeline(plan_of(due), later, past=(), paid=(), room_for=room_for)


def codes(items):
    return [due_item.code for due_item in items]


def test_what_comes_next_and_later_stands_by_its_first_day():
    found = timeline(
        item("JE", earliest=TODAY + DAY),
        item("MMR"),
        item("M12", kind="checkups"),
        item("BCG"),
        item("unknown", earliest=None),
        item("due already", Standing.DUE),
        later=[item("JE 2", earliest=TODAY + 30 * DAY), item("HepB 3", earliest=TODAY + DAY)],
    )
    assert [(day, codes(those)) for day, those in found.days] == [
        (TODAY, ["M12", "BCG", "MMR"]),
        (TODAY + DAY, ["HepB 3", "JE"]),
        (TODAY + 30 * DAY, ["JE 2"]),
    ]


IN_QUESTION = {
    "it may be today": (item("MMR"), True),
    "it may be on the last day that is open": (item("MMR", earliest=LAST), True),
    "it may be a day after that": (item("MMR", earliest=LAST + DAY), False),
    "nobody knows from when on": (item("MMR", earliest=None), False),
    "no visit is for just this": (item("MMR", is_purpose=False), False),
    "it is booked": (item("MMR", booked_on=TODAY + DAY), False),
}


@pytest.mark.parametrize("case", IN_QUESTION)
def test_what_slots_can_be_looked_for(case):
    due_item, is_bookable = IN_QUESTION[case]
    assert timeline(due_item).bookable([due_item], LAST) == [due_item] * is_bookable


def test_what_supposes_an_earlier_dose_is_not_booked_before_it():
    now, then = item("MMR"), item("MMR 2")
    assert timeline(now, later=[then]).bookable([now, then], LAST) == [now]


ROOM = {
    "all of it": (2, [1, 1], ["A", "B"]),
    "the first, and what takes nothing": (1, [1, 1, 0], ["A", "C"]),
    "nothing that is too large for it": (1, [2, 0], ["B"]),
    "what takes nothing, though there is no room": (0, [0, 1, 0], ["A", "C"]),
}


@pytest.mark.parametrize("case", ROOM)
def test_one_visit_takes_as_many_as_it_has_room_for(case):
    room_for, takes, chosen = ROOM[case]
    rows = [item(code, takes=number) for code, number in zip("ABC", takes, strict=False)]
    assert codes(timeline(*rows, room_for=room_for).for_one_visit(rows, LAST)) == chosen


def test_what_is_booked_takes_no_room_of_another_visit():
    rows = [item("A"), item("B")]
    rows[0] = replace(rows[0], booked_on=TODAY)
    assert codes(timeline(*rows).for_one_visit(rows, LAST)) == ["B"]


def test_the_last_day_that_is_open():
    assert last_bookable(TODAY, 14) == LAST
