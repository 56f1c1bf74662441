"""A page as its reader has it: what it says, its links, its forms. A test sends what a page sends.

page = client.page("/family/children/new")
page = page.form().fill(name="王一禾", sex="female").submit("保存")
assert page.errors == {"birth_date": "请填写出生日期，如2025-03-01。"}
"""

from functools import cached_property
from urllib.parse import urljoin, urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.controls import ancestors, words
from tests.forms import Form, added_by_htmx, called


class Page:
    """An answer of the site, read as HTML."""

    def __init__(self, client, response):
        self.client, self.response = client, response
        self.status, self.headers = response.status_code, response.headers

    def __repr__(self):
        return f"<{self.status} {self.address}>"

    @property
    def address(self):
        """Its own path and query, to which a form without an action is sent."""
        asked = self.response.request
        query = asked.query_string.decode()
        return f"{asked.path}?{query}" if query else asked.path

    @property
    def text(self):
        """The HTML as it came."""
        return self.response.text

    @property
    def words(self):
        """What it says, without the markup; blanks folded."""
        return words(self.main)

    @property
    def location(self):
        """Where it sends the browser next, if it does."""
        return self.headers.get("Location") or self.headers.get("HX-Redirect")

    @cached_property
    def tree(self):
        return LexborHTMLParser(self.text)

    @property
    def main(self):
        """What is between header and footer; all of a part."""
        return self.tree.css_first("main") or self.tree.body

    def one(self, selector):
        """The only element that fits."""
        found = self.tree.css(selector)
        if len(found) != 1:
            pytest.fail(f"{self!r} has {len(found)} elements {selector!r}")
        return found[0]

    def rows(self, selector):
        """The text of each element that fits."""
        return [words(node) for node in self.tree.css(selector)]

    def values(self, selector, attribute):
        """An attribute of each element that fits."""
        return [node.attributes.get(attribute) for node in self.tree.css(selector)]

    @property
    def errors(self):
        """What is said at the fields: name of the field → message."""
        names = {node.id: node.attributes.get("name") for node in self.tree.css("[id][name]")}
        said = {}
        for node in self.tree.css(".error[id]"):
            field = node.id.rpartition("-error")[0]
            said.setdefault(names.get(field) or field, words(node))
        return said

    def link(self, text):
        """The address behind the link with that text."""
        links = [node for node in self.tree.css("a[href]") if text in words(node)]
        exact = [link for link in links if words(link) == text]
        there = {node.attributes["href"] for node in exact or links}
        if len(there) != 1:
            pytest.fail(f"{self!r} has {len(there)} links {text!r}: {sorted(there)}")
        return there.pop()

    def click(self, text, **asking):
        """The page behind the link with that text."""
        return self.client.page(self.resolve(self.link(text)), **asking)

    def follow(self, **asking):
        """The page to which this answer sends the browser."""
        if not self.location:
            pytest.fail(f"{self!r} leads nowhere: {self.errors or self.words[:300]}")
        return self.client.page(self.resolve(self.location), **asking)

    def resolve(self, address):
        """An address of this page as a path of the site."""
        parts = urlsplit(urljoin(self.response.request.url, address))
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    @property
    def forms(self):
        """All its forms; those of the header come first."""
        return [Form(self, node) for node in self.tree.css("form")]

    def form(self, which=None, *, action=None, index=None, holding=None):
        """The form of that id, with that action (or its end); or in `main` the one at that place, the
        one that has a field, button or text of that name, or without a word the only one."""
        anywhere = which is not None or action is not None
        around = self.tree if anywhere else self.tree.css_first("main") or self.tree
        found = [Form(self, node) for node in around.css("form")]
        if which is not None:
            found = [node for node in found if node.node.id == which]
        if action is not None:
            found = [
                one
                for one in found
                if one.action == action or one.action.partition("?")[0].endswith(action)
            ]
        if holding is not None:
            found = [node for node in found if _holds(node, holding)]
        if index is not None:
            found = found[index : index + 1 or None]
        if len(found) != 1:
            asked = which or action or holding
            there = [f"{form.method} {form.action} {sorted(form.names)}" for form in self.forms]
            pytest.fail(f"{self!r} has {len(found)} forms {asked!r}; all: {there}")
        return found[0]

    @cached_property
    def sent_to(self):
        """Path → the names of what its forms, and the parts that HTMX watches, may send there by POST."""
        names = {}
        for form in self.forms:
            if form.method == "post":
                names.setdefault(path_of(form.action, self), set()).update(form.names)
        for element in self.tree.css("[hx-post]"):
            around = next(
                (Form(self, ancestor) for ancestor in ancestors(element) if ancestor.tag == "form"),
                None,
            )
            mine = set(added_by_htmx(element, self.tree)) | (around.names if around else set())
            names.setdefault(path_of(element.attributes["hx-post"], self), set()).update(mine)
        return names

    def has_form(self, **which):
        """Whether there is a form with that action, or that holds that."""
        action, holding = which.get("action"), which.get("holding")
        return any(
            (action is None or form.action.partition("?")[0].endswith(action))
            and (holding is None or _holds(form, holding))
            for form in self.forms
        )

    def button(self, which):
        """The one button of that label, name or value, wherever it is: its form and itself."""
        everywhere = [button for form in self.forms for button in form.buttons]
        found = called(everywhere, which)
        if len(found) != 1:
            there = [words(node) for node in everywhere]
            pytest.fail(f"{self!r} has {len(found)} buttons {which!r}, of {there}")
        form = next(form for form in self.forms if found[0] in form.buttons)
        return form, found[0]

    def press(self, label, **sending):
        """Press that button: send its form as it stands."""
        form, button = self.button(label)
        form.buttons = [button]
        return form.submit(**sending)

    def trigger(self, selector, **sending):
        """Let an element outside of any form ask by HTMX, as it does by itself."""
        return Form(self, self.one(selector)).trigger(selector, **sending)

    def answer(self, response):
        """The page that answered a form of this one."""
        return Page(self.client, response)


def _holds(form, what):
    return (
        what in form.names
        or any(what in words(button) for button in form.buttons)
        or any(button.attributes.get("value") == what for button in form.buttons)
        or what in words(form.node)
    )


def values(html, selector, attribute):
    """That attribute of each element of a text of HTML that fits."""
    return [node.attributes.get(attribute) for node in LexborHTMLParser(html).css(selector)]


def rows(html, selector):
    """The text of each element of a text of HTML that fits, blanks folded."""
    return [words(node) for node in LexborHTMLParser(html).css(selector)]


def words_of(html, selector="body"):
    """The words of the elements that the selector finds, as a reader sees them."""
    return " ".join(rows(html, selector))


def path_of(address, page):
    """The path that an address on that page leads to."""
    return page.resolve(address).partition("?")[0]


def check_by_hand(seen, address, fields):
    """Fail on a field that the form sent to that address does not have, on the page that showed it last."""
    path = address.partition("?")[0]
    for page in seen:
        names = page.sent_to.get(path)
        if names is not None:
            if unknown := sorted({*fields} - names):
                pytest.fail(f"the form {path} of {page!r} has no {unknown}, but {sorted(names)}")
            return
