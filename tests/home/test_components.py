"""The page of parts: for demonstrations only, with every macro of the shared templates."""

import re
from pathlib import Path

import pytest

from clinic.config import ROOT

TEMPLATES = ROOT / "templates"
SHARED = {"_ui.html": "ui", "_fields.html": "form_", "_typed.html": "typed_"}
# What other macros of these files, or every page, draw.
WITHIN = {
    "call", "csrf", "described", "error_of", "errors_of", "hint_of", "key", "link", "marks", "polls",
}  # fmt: skip


def test_outside_of_demonstrations_there_is_none(app, client):
    app.config["DEMO"] = False
    assert client.get("/demo/components").status_code == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_is_there_in_both_languages(client, language):
    page = client.page("/demo/components", headers={"Accept-Language": language})
    assert page.rows(".field-bad")


@pytest.mark.parametrize("name", SHARED)
def test_no_macro_is_left_out(name):
    shown = Path(TEMPLATES / "home/components.html").read_text()
    macros = set(re.findall(r"\{% macro (\w+)", (TEMPLATES / name).read_text())) - WITHIN
    missing = {macro for macro in macros if f"{SHARED[name]}.{macro}(" not in shown}
    assert not missing
