"""The machine of a ticket as a table, and the arithmetic of lines."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.app import ROOMS
from clinic.visits import rules
from clinic.visits.rules import State, Verb
from clinic.visits.stations import pathways, stations

# R reception, C clinicians at a doctor's door; . nobody.
TABLE = """
            waiting  called  with  observing  skipped  done  void
call        RC       .       .     .          .        .     .
call_again  .        RC      .     .          .        .     .
begin       .        C       .     .          .        .     .
skip        RC       RC      .     C          .        .     .
back        .        .       .     .          RC       .     .
hand_over   RC       RC      C     C          .        .     .
finish      .        C       C     C          .        .     .
close       R        R       R     R          R        .     .
undo        RC       RC      RC    RC         RC       RC    .
"""
HEAD, *LINES = [line.split() for line in TABLE.strip().splitlines()]
CASES = [
    (State(state), Verb(verb), role, letter in cell)
    for verb, *cells in LINES
    for state, cell in zip(HEAD, cells, strict=True)
    for letter, role in (("R", "reception"), ("C", "clinician"), ("P", "parent"))
]
MINUTE = timedelta(minutes=1)


def test_the_table_knows_every_state_and_verb():
    assert {(state, verb) for state, verb, *_ in CASES} == {(s, v) for s in State for v in Verb}


@pytest.mark.parametrize(("state", "verb", "role", "allowed"), CASES)
def test_who_may_do_what_in_which_state(state, verb, role, allowed):
    assert rules.may(state, verb, [role], stations()["doctor"]) is allowed


@pytest.mark.parametrize(
    ("station", "roles"),
    [
        ("screening", {"reception", "clinician"}),
        ("registration", {"reception", "clinician"}),
        ("doctor", {"clinician"}),
        ("vaccination", {"clinician"}),
        ("observation", {"reception", "clinician"}),
    ],
)
def test_who_serves_where(station, roles):
    everybody = ("reception", "clinician", "manager", "parent")
    able = {
        one for one in everybody if rules.may(State.WITH, Verb.FINISH, [one], stations()[station])
    }
    assert able == roles


@pytest.mark.parametrize(
    ("kind", "way"),
    [
        ("pediatrics", ["doctor"]),
        ("vaccination", ["screening", "registration", "vaccination", "observation"]),
        ("checkups", ["screening", "doctor"]),
        ("rehab", ["doctor"]),
    ],
)
def test_a_ticket_passes_its_stations_and_is_done(kind, way):
    station, passed = pathways()[kind].path[0], []
    while True:
        passed.append(station)
        state, station = rules.after_finish(kind, station)
        if state is State.DONE:
            break
        assert state is (State.OBSERVING if station == "observation" else State.WAITING)
    assert passed == way


def test_every_kind_of_service_has_a_letter_of_its_own_and_known_stations():
    assert set(pathways()) == {room.kind for room in ROOMS}
    assert len({one.letter for one in pathways().values()}) == len(pathways())
    assert {code for one in pathways().values() for code in one.path} <= set(stations())


def test_a_ticket_that_was_handed_off_its_way_is_done_there():
    assert rules.after_finish("pediatrics", "screening") == (State.DONE, "screening")


@pytest.mark.parametrize(("number", "said"), [(1, "B001"), (12, "B012"), (1000, "B1000")])
def test_a_number_is_said_with_its_letter(number, said):
    assert rules.label("vaccination", number) == said


@pytest.mark.parametrize(
    ("line", "own", "behind"),
    [
        ([], 5.0, 0),
        ([10.0], 5.0, 1),
        ([10.0, 20.0, 30.0], 5.0, 3),
        ([30.0, 10.0, 40.0, 20.0], 5.0, 3),
        ([10.0, 20.0, 30.0, 40.0, 50.0], 45.0, 4),  # never before its own place
    ],
)
def test_who_comes_back_goes_behind_the_next_three(line, own, behind):
    place = rules.place_behind(line, own)
    assert sum(other < place for other in line) == behind
    assert place not in line


NUMBERS = st.lists(st.integers(1, 900), min_size=1, max_size=30, unique=True)


@given(NUMBERS, st.integers(1, 900))
def test_coming_back_overtakes_nobody_it_should_not(numbers, own):
    turn = datetime(2026, 3, 2, 1, tzinfo=UTC)
    line = [rules.place(turn, number) for number in numbers if number != own]
    mine = rules.place(turn, own)
    place = rules.place_behind(line, mine)
    passed = sum(other < place for other in line)
    assert passed >= min(rules.BEHIND, len(line))
    assert place >= mine


@pytest.mark.parametrize(
    ("served", "expected"),
    [
        ([], 15),
        ([4, 5], 15),  # too few to learn from
        ([4, 5, 60], 5),
        ([60] * 5 + [4] * 10, 4),  # what was long ago is forgotten
    ],
)
def test_pace_is_the_median_of_those_served_last(served, expected):
    learned = rules.pace([one * MINUTE for one in served], 15 * MINUTE)
    assert learned == expected * MINUTE


@pytest.mark.parametrize(
    ("ahead", "rooms", "each", "minutes"),
    [(0, 1, 6, 0), (4, 1, 6, 25), (4, 2, 6, 15), (5, 2, 2, 6), (1, 0, 3, 3), (10, 1, 1, 10)],
)
def test_a_wait_is_said_in_whole_minutes(ahead, rooms, each, minutes):
    assert rules.whole_minutes(rules.wait(ahead, rooms, each * MINUTE)) == minutes
