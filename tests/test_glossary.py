"""Every name of the code that the glossary gives is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\|[^|]+\|[^|]+\|(?P<code>[^|]+)\|", re.MULTILINE)


def names_of_the_code():
    """Modules and classes."""
    for path in (ROOT / "clinic").rglob("*.py"):
        yield path.stem
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield node.name


def test_the_glossary_names_what_is_there():
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    given = {name for row in ROW.finditer(text) for name in re.findall(r"`(\w+)`", row["code"])}
    assert len(given) > 40
    assert given - set(names_of_the_code()) == set()
