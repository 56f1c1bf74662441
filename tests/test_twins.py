"""The table of what the races replace in the site is true, and nothing is replaced past it."""

import ast
import re
from pathlib import Path

import pytest

from tests.races.twins import REPLACED, original

RACES = Path(__file__).parent / "races"
SOURCES = {path.name: path.read_text("utf-8") for path in sorted(RACES.glob("*.py"))}


@pytest.mark.parametrize("name", REPLACED)
def test_what_is_replaced_is_in_the_site_and_in_a_race(name):
    original(name)

    used = [file for file, text in SOURCES.items() if re.search(rf"\b{name}\b", text)]
    assert set(used) - {"twins.py"}


def imported(tree):
    """The names that this file has from elsewhere."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def replaced(tree):
    """Where this file assigns to an attribute of something imported, or patches it."""
    theirs = imported(tree) - {"g", "db"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            root = node
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name) and root.id in theirs:
                yield ast.unparse(node)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PATCHES:
            yield ast.unparse(node)


PATCHES = {"setattr", "monkeypatch.setattr"}


@pytest.mark.parametrize("file", sorted(SOURCES.keys() - {"twins.py"}))
def test_a_race_replaces_nothing_past_the_table(file):
    assert list(replaced(ast.parse(SOURCES[file]))) == []


@pytest.mark.parametrize(
    "source",
    [
        "from clinic.scheduling import places\nplaces.lock = None",
        "from clinic.scheduling import places\ndef go(): places.lock = places.take = None",
        "from clinic.vaccination.jab import giving\ngiving.recorded.seen = None",
        "from clinic import audit\nmonkeypatch.setattr(audit, 'record', None)",
        "from clinic import audit\nsetattr(audit, 'record', None)",
    ],
)
def test_a_replacement_is_seen(source):
    assert list(replaced(ast.parse(source)))
