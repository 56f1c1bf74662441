"""What comes from outside is read by `plain`, `outside` and `fields` alone."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent / "clinic"
READERS = {"fromisoformat", "strptime", "isdigit", "isdecimal", "isnumeric"}
ASKED = {"args", "form", "values", "cookies", "headers"}
# What these read is the site's own: its settings, data files, and what it has stored or made itself.
OWN = {
    "plain.py", "outside.py", "web.py", "db.py", "config.py", "server.py", "app.py",
    "centres/years.py", "scheduling/rota/models.py", "scheduling/rota/undoing.py",
    "scheduling/policies/stored.py", "desk/history.py", "desk/finding.py", "demo/load.py", "demo/days.py",
    "vaccination/jab/before.py", "vaccination/record/certificate.py", "vaccination/programme/child.py",
    "vaccination/cdsi/schedule.py", "cases.py", "questionnaires/answers.py",
}  # fmt: skip


def readings(path):
    """Calls that read a text as a day or a number, and `type=int` on what was asked."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr in READERS:
            yield node
        kinds = [
            keyword.value.id for keyword in node.keywords if isinstance(keyword.value, ast.Name)
        ]
        is_get = isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "getlist")
        if is_get and {"int", "float"} & set(kinds):
            yield node
        is_number = isinstance(node.func, ast.Name) and node.func.id in ("int", "float", "Decimal")
        if is_number and any(is_asked(inner) for inner in ast.walk(node)):
            yield node


def is_asked(node):
    """`request.args` and the like."""
    return isinstance(node, ast.Attribute) and node.attr in ASKED


def test_nothing_else_reads_ids_days_and_numbers():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted(ROOT.rglob("*.py"))
        if path.relative_to(ROOT).as_posix() not in OWN
        for node in readings(path)
    ]
    assert found == []


def test_no_route_takes_an_unbounded_number(app):
    odd = [rule.rule for rule in app.url_map.iter_rules() if "<int" in rule.rule]
    assert odd == []


def test_no_form_has_a_field_of_the_library(app):
    source = "".join(path.read_text("utf-8") for path in ROOT.rglob("*forms.py"))
    for field in (
        "StringField",
        "TextAreaField",
        "IntegerField",
        "DateField",
        "SelectField",
        "RadioField",
    ):
        assert f" {field}(" not in source
