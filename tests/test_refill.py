"""A form of a page is filled in with what was typed, and nothing else of the page changes."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from clinic.refill import refill
from tests.controls import controls_of

ODD = ["<\"'&amp;>", "中文 \u2028 é", "</textarea><b>", " two  blanks ", "a\nb"]


def fields_of(html):
    """What the forms of the page would send."""
    nodes = LexborHTMLParser(html).css("form input, form select, form textarea, [form]")
    every = [control for node in nodes for control in controls_of(node)]
    return [(one.name, one.value) for one in every if one.name and one.is_sent()]


def fill(html, typed, *, action="/page", notes=None):
    return refill(f"<main>{html}</main>", "/page", action, typed, "NOTICE", notes or {})


FIELDS = {
    "a line": '<input name="a" value="old">',
    "a hidden one": '<input name="seen"><input type="hidden" name="a" value="old">',
    "text": '<textarea name="a" rows=2>old</textarea>',
    "a number": '<input type="number" name="a" value="1">',
}


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("kind", FIELDS)
def test_a_field_holds_what_was_typed(kind, value):
    html = fill(f'<form method="post">{FIELDS[kind]}</form>', [("seen", ""), ("a", value)])
    assert dict(fields_of(html))["a"] == (value.replace("\n", "\r\n") if kind == "text" else value)


CHOICES = {
    "boxes": '<input type="checkbox" name="a" value="{0}"{1}>',
    "radio buttons": '<input type="radio" name="a" value="{0}"{1}>',
    "a list": '<option value="{0}"{1}>{0}</option>',
}


@pytest.mark.parametrize("kind", CHOICES)
def test_a_choice_is_what_was_chosen(kind):
    marked = " selected" if kind == "a list" else " checked"
    inside = "".join(CHOICES[kind].format(one, marked if one == "1" else "") for one in "123")
    select = f'<select name="a">{inside}</select>' if kind == "a list" else inside
    html = fill(f'<form method="post"><input name="b">{select}</form>', [("b", ""), ("a", "3")])
    assert fields_of(html) == [("b", ""), ("a", "3")]


def test_boxes_that_were_not_ticked_are_not_and_several_of_a_name_keep_their_order():
    html = fill(
        '<form method="post"><input type=checkbox name=a value=1 checked>'
        "<input type=checkbox name=a value=2><input name=n><input name=n></form>",
        [("a", "2"), ("n", "first"), ("n", "second")],
    )
    assert fields_of(html) == [("a", "2"), ("n", "first"), ("n", "second")]


def test_the_pages_own_token_passwords_files_and_what_is_closed_stay():
    form = (
        '<form method="post"><input name="a"><input type="hidden" name="csrf_token" value="new">'
        '<input type="password" name="password"><input name="shut" value="1" disabled></form>'
    )
    html = fill(form, [("a", "x"), ("csrf_token", "old"), ("password", "x"), ("shut", "2")])
    assert html == f"<main>NOTICE{form}</main>".replace(
        '<input name="a">', '<input name="a" value="x">'
    )


def test_of_several_forms_the_one_that_was_sent_is_filled():
    forms = (
        '<form method="post"><input name="note" value="1"></form>'
        '<form method="post" action="/waste?centre=x"><input name="note" value="2"></form>'
        '<form method="get" action="/page"><input name="note" value="3"></form>'
        '<form method="post"><input name="note" value="4"><input name="more" value="5"></form>'
    )
    sent = {
        "/page": ([("note", "!")], ["!", "2", "3", "4", "5"]),
        "/waste": ([("note", "!")], ["1", "!", "3", "4", "5"]),
    }
    for action, (typed, values) in sent.items():
        assert [value for _, value in fields_of(fill(forms, typed, action=action))] == values
    both = fill(forms, [("note", "!"), ("more", "?")])
    assert [value for _, value in fields_of(both)] == ["1", "2", "3", "!", "?"]


@pytest.mark.parametrize(
    "form",
    [
        "",
        '<form method="post" action="/other"><input name="a"></form>',
        '<form method="get"><input name="a"></form>',
        '<form method="post"><input type="hidden" name="a"></form>',
    ],
)
def test_without_such_a_form_there_is_nothing_to_fill(form):
    assert fill(form, [("a", "x")]) is None


def test_what_hides_a_filled_field_is_opened_and_a_field_of_another_place_belongs():
    html = fill(
        '<details><summary>1</summary><form method="post" id="f"><input name="a"></form></details>'
        '<details><summary>2</summary><input name="b" form="f"></details>'
        "<details><summary>3</summary></details>",
        [("a", "x"), ("b", "y")],
    )
    assert fields_of(html) == [("a", "x"), ("b", "y")]
    opened = ["open" in node.attributes for node in LexborHTMLParser(html).css("details")]
    assert opened == [True, True, False]


def test_what_is_left_out_is_said_before_its_field():
    form = '<form method="post"><input name="a"><input name="number"></form>'
    html = fill(form, [("a", "x")], notes={"number": "AGAIN"})
    assert '<input name="a" value="x">AGAIN<input name="number">' in html
