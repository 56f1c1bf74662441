"""A kind of service is named in its own folder, and nowhere else: others ask its `ServiceRoom`."""

import ast
import re
from pathlib import Path

import pytest

from clinic.app import ROOMS
from clinic.config import ROOT

KINDS = [room.kind for room in ROOMS]
NAMED = re.compile(rf"/?({'|'.join(KINDS)})(?![\w-])")  # alone, in an endpoint, or in a path
IN_TEMPLATE = re.compile(rf"[\"'/]({'|'.join(KINDS)})(?![\w-])")


def outside(folder, pattern):
    """The files under it that are in no room of a kind."""
    files = (ROOT / folder).rglob(pattern)
    return [path for path in files if not set(path.relative_to(ROOT).parts) & set(KINDS)]


def named_in(source: str) -> list[str]:
    """The strings of a module that are a kind, or begin with one as an endpoint or a path does."""
    tree = ast.parse(source)
    docs = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node not in docs
        and NAMED.match(node.value)
    ]


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ('kind == "vaccination"', ["vaccination"]),
        ('see_other("vaccination.choose")', ["vaccination.choose"]),
        ('render("checkups/check.html")', ["checkups/check.html"]),
        ('get("/rehab/holds")', ["/rehab/holds"]),
        ('mark("vaccination-free")', []),
        ('"""vaccination, in a docstring"""', []),
    ],
)
def test_what_counts_as_a_name(source, named):
    assert named_in(source) == named


def test_no_module_names_a_kind_outside_its_room():
    paths = outside("clinic", "*.py")
    found = {str(path.relative_to(ROOT)): named_in(path.read_text("utf-8")) for path in paths}
    assert {path: names for path, names in found.items() if names} == {}


def test_no_page_and_no_script_names_a_kind_outside_its_room():
    paths = [*outside("templates", "*.html"), *outside("static", "*.js")]
    named = {
        str(path.relative_to(ROOT)): IN_TEMPLATE.findall(path.read_text("utf-8")) for path in paths
    }
    assert {path: names for path, names in named.items() if names} == {}


def test_every_room_is_in_a_folder_of_its_kind():
    for room in ROOMS:
        assert Path(ROOT / "clinic" / room.kind / "service_room.py").exists()
