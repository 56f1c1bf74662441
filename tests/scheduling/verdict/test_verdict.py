"""The verdict names every reason, and every verb of the house that takes places is handed what is required."""

import ast
import re
from pathlib import Path

import pytest

from clinic import app
from clinic.app import ROOMS
from clinic.scheduling.verdict import rules
from clinic.scheduling.verdict.verdict import verdict

HOUSE = Path(app.__file__).parent
NO_PLACES_LEFT = {"taken"}  # a place is free or not: pages and the database say it, not the verdict
VERBS = {"book": 1, "hold": 1, "hold_allowed": 1, "look_first": 1, "Move": 2}  # where they stand


def codes_of_rules():
    tree = ast.parse(Path(rules.__file__).read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "Objection"
    }


@pytest.mark.parametrize(
    "code",
    sorted(codes_of_rules() - NO_PLACES_LEFT | {code for room in ROOMS for code in room.short}),
)
def test_every_reason_stands_in_the_list(code):
    assert f"`{code}`" in verdict.__doc__


def calls_of_verbs():
    for path in sorted(HOUSE.rglob("*.py")):
        if (
            path.parts[len(HOUSE.parts)] == "demo"
        ):  # it reserves what its invented visits need itself
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            verb = name.rpartition(".")[2]
            if verb in VERBS and re.fullmatch(r"(booking|holding)\.\w+|Move", name):
                yield f"{path.relative_to(HOUSE)}:{node.lineno}", node, VERBS[verb]


def test_whoever_takes_places_hands_over_what_is_required():
    calls = list(calls_of_verbs())
    assert len(calls) >= 5
    assert [where for where, call, position in calls if len(call.args) <= position] == []
