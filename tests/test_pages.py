"""The reader of pages sends what a browser would, and nothing else."""

from types import SimpleNamespace

import pytest

from tests.pages import Page

FORM = """<!doctype html><html><body>
<header><form method="post" action="/language"><button name="language" value="en">English</button></form></header>
<main>
<form method="post" id="f" action="/send?x=1">
  <input type="hidden" name="token" value="t">
  <input name="name" maxlength="5" value="a">
  <input name="gone" disabled value="x"><fieldset disabled><input name="also" value="x"></fieldset>
  <input type="checkbox" name="box" value="y"><input type="checkbox" name="on" checked>
  <input type="checkbox" name="need" value="1" checked><input type="checkbox" name="need" value="2">
  <input type="radio" name="sex" value="f"><input type="radio" name="sex" value="m" checked>
  <select name="first"><option value="">-</option><option value="b">B</option></select>
  <select name="chosen"><option>A</option><option selected>C</option></select>
  <select name="many" multiple><option value="1" selected>A</option><option value="2" selected>B</option></select>
  <textarea name="note">
one
two</textarea>
  <input type="file" name="file"><input type="date" name="day"><input name="fixed" readonly value="r">
  <button name="do" value="save">Save it</button><button name="do" value="drop">Drop it</button>
  <button type="button" name="never">Not sent</button><input type="reset" name="reset">
</form>
<input form="f" name="outside" value="o">
<p class="error" id="name-error">Too long</p>
<form action="/other"><input name="q" value="z"><button>Find</button></form>
</main></body></html>"""


class Site:
    """Answers everything with the form, and keeps what it was sent."""

    def __init__(self):
        self.sent = None

    def answered(self, path):
        asked = SimpleNamespace(path=path, query_string=b"", url=f"http://localhost{path}")
        return SimpleNamespace(status_code=200, headers={}, text=FORM, request=asked)

    def post(self, address, *, data, shown, content_type=None, headers=None):
        self.sent = (address, list(data.items(multi=True)), headers)
        return self.answered(address)

    def page(self, address, **asking):
        self.sent = (address, asking)
        return Page(self, self.answered(address))


@pytest.fixture
def site():
    return Site()


@pytest.fixture
def page(site):
    return Page(site, site.answered("/here"))


def test_an_untouched_form_sends_what_a_browser_sends(site, page):
    page.form("f").submit("save")
    address, sent, _headers = site.sent
    assert address == "/send?x=1"
    assert sent == [
        ("token", "t"),
        ("name", "a"),
        ("on", "on"),
        ("need", "1"),
        ("sex", "m"),
        ("first", ""),
        ("chosen", "C"),
        ("many", "1"),
        ("many", "2"),
        ("note", "one\r\ntwo"),
        ("day", ""),
        ("fixed", "r"),
        ("outside", "o"),
        ("do", "save"),
    ]


def test_what_is_filled_in_is_sent(page):
    form = page.form("f").fill(name="b", box=True, on=False, need=["2"], sex="f", first="b")
    form.fill({"many": ["2"], "note": "x\ny", "day": "2026-03-02", "outside": ""})
    fields = form.fields
    assert [fields.get(one) for one in ("name", "box", "on", "sex", "first")] == [
        "b",
        "y",
        None,
        "f",
        "b",
    ]
    assert fields.getlist("need") == fields.getlist("many") == ["2"]
    assert (fields["note"], fields["day"], fields["outside"]) == ("x\r\ny", "2026-03-02", "")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("other", "1", "no field 'other'"),
        ("never", "1", "no field 'never'"),
        ("do", "save", "no field 'do'"),
        ("name", "abcdef", "takes 5 characters, not 6"),
        ("gone", "1", "'gone' is disabled"),
        ("also", "1", "'also' is disabled"),
        ("token", "1", "'token' is hidden"),
        ("fixed", "1", "'fixed' is read-only"),
        ("first", "c", "does not offer"),
        ("sex", "x", "does not offer"),
        ("sex", ["f", "m"], "takes one choice"),
        ("need", ["3"], "does not offer"),
        ("need", True, "is not one box"),
        ("day", "tomorrow", "takes a date"),
    ],
)
def test_what_the_page_does_not_let_one_enter_fails(page, name, value, said):
    with pytest.raises(pytest.fail.Exception, match=said):
        page.form("f").fill({name: value})
    tampered = page.form("f").fill({name: value}, tampered=True).fields.getlist(name)
    assert tampered == [str(one) for one in (value if isinstance(value, list) else [value])]


@pytest.mark.parametrize("which", ["Save it", "save", "do=save"])
def test_a_button_is_pressed_by_its_name_value_or_label(site, page, which):
    page.form("f").submit(which)
    assert site.sent[1][-1] == ("do", "save")


@pytest.mark.parametrize("which", ["Not sent", "do", None])
def test_a_button_that_is_not_there_or_not_the_only_one_fails(page, which):
    with pytest.raises(pytest.fail.Exception, match="buttons"):
        page.form("f").submit(which)


def test_a_form_is_found_by_what_it_holds(site, page):
    assert page.form(holding="Find").action == page.form(action="/other").action == "/other"
    page.form(index=1).submit()
    assert site.sent == ("/other?q=z", {"status": None})
    with pytest.raises(pytest.fail.Exception, match="2 forms"):
        page.form()


def test_errors_are_said_at_fields(page):
    assert page.errors == {"name": "Too long"}
