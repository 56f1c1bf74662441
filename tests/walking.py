"""Going through the whole site as one person: every page, every form, each time from the same rows."""

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from typing import ClassVar
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict

from clinic.accounts.models import Profession, Role
from clinic.db import db
from tests.conftest import forget
from tests.forms import Form
from tests.pages import Page, path_of


def admits(app, endpoint, duty):
    """Whether the page is open to somebody who is that; a clinician is a doctor if nothing is said."""
    view = app.view_functions[endpoint]
    duty = Profession.DOCTOR if duty is Role.CLINICIAN else duty
    allowed = getattr(view, "allowed_roles", frozenset())  # static files say nothing
    return allowed == {"everyone"} or duty in getattr(view, "allowed_duties", ())


@dataclass
class Sending:
    """One way to send a form of a page, by one of its buttons."""

    page: Page
    form: Form
    is_empty: bool
    by_htmx: bool

    def __str__(self):
        (button,) = self.form.buttons
        what = "empty" if self.is_empty else "unchanged"
        return f"{self.page.address}: {self.form}, {button.attributes} {what}{' by HTMX' * self.by_htmx}"


class Reading(ImmutableMultiDict):
    """What was posted; `asked_for` are the names that were looked for since it was cleared."""

    asked_for: ClassVar[set[str]] = set()

    def __getitem__(self, key):
        self.asked_for.add(key)
        return super().__getitem__(key)

    def getlist(self, key, *args, **kwargs):
        self.asked_for.add(key)
        return super().getlist(key, *args, **kwargs)

    def __contains__(self, key):
        self.asked_for.add(key)
        return super().__contains__(key)


class ReadingRequest(Request):
    """A request whose form knows what the view looked for."""

    def make_form_data_parser(self):
        parser = super().make_form_data_parser()
        parser.cls = Reading
        return parser


class Walk:
    """One person with a browser. `rows` bring the world back: after each form it is as before."""

    def __init__(self, app, client, rows):
        self.app, self.client, self.rows = app, client, rows
        self.engine = db.engine
        self.cookies = [(cookie.key, cookie.decoded_value) for cookie in client._cookies.values()]
        self.asked_for, self.shown = defaultdict(set), defaultdict(set)  # view → names of fields

    def view_of(self, sending):
        """The name of the view to which it is posted; None for a form that only asks."""
        if sending.form.method != "post":
            return None
        return self._view(path_of(sending.form.action, sending.page))

    def _view(self, path):
        return self.app.url_map.bind("localhost").match(path, method="POST")[0]

    def pages(self, names, role):
        """All pages: those of the URL map with `names` in their places, and those to which they link.

        Yields each with the page that leads to it (None for the URL map); links that differ in numbers
        and days only are followed once.
        """
        asked = [(address, None) for address in self._addresses(names, role)]
        known = {shape(address) for address, _ in asked}
        for address, linked_from in asked:
            page = self.client.page(address, status=None)
            yield page, linked_from
            if page.status != 200 or page.response.mimetype != "text/html":
                continue
            for path, fields in page.sent_to.items():
                self.shown[self._view(path)].update(map(general, fields))
            for link in page.values("a[href]", "href"):
                to = page.resolve(link)
                if not link.startswith(("tel:", "mailto:")) and shape(to) not in known:
                    known.add(shape(to))
                    asked.append((to, page))

    def _addresses(self, names, duty):
        for rule in self.app.url_map.iter_rules():
            if "GET" not in rule.methods or not admits(self.app, rule.endpoint, duty):
                continue
            places = sorted(rule.arguments)
            for values in product(*(names[place] for place in places)):
                yield rule.build(dict(zip(places, values, strict=True)), append_unknown=False)[1]

    def sendings(self, page, known):
        """Every way to send the forms of a page: each button, unchanged and empty, with and without HTMX.

        `known` has the kinds of forms that were sent before, and grows.
        """
        for number, form in enumerate(page.forms):
            if (kind := kind_of(form)) in known:
                continue
            known.add(kind)
            for button in _buttons(form):
                marks = {**button.attributes, **form.node.attributes}
                for by_htmx in (False, True) if {"hx-post", "hx-get"} & set(marks) else (False,):
                    for is_empty in (False, True) if _can_be_empty(form) else (False,):
                        again = page.forms[number]
                        again.buttons = [button]
                        yield Sending(page, again.empty() if is_empty else again, is_empty, by_htmx)

    def send(self, sending):
        """The answer, the rows that it changed, and what a second click did; then all is as before."""
        before = self.rows_now()
        Reading.asked_for.clear()
        answer = sending.form.submit(htmx=sending.by_htmx)
        if view := self.view_of(sending):
            self.asked_for[view].update(map(general, Reading.asked_for))
        after = self.rows_now()
        second = self._second_click(sending, answer, after) if answer.status == 303 else None
        self.restore()
        return answer, changes(before, after), second

    def _second_click(self, sending, first, rows):
        """What a second click on a form that was taken did other than the first; None for nothing."""
        answer = sending.form.submit(htmx=sending.by_htmx)
        if changed := changes(rows, self.rows_now()):
            return f"a second click changed {changed}"
        if (answer.status, answer.location) != (first.status, first.location):
            return f"a second click leads to {answer.status} {answer.location}"
        return None

    def restore(self):
        """The rows as they were, and nothing remembered of what came between."""
        db.session.rollback()
        db.session.remove()
        self.rows.restore(self.engine)
        forget(self.app, self.engine)
        for key in [cookie.key for cookie in self.client._cookies.values()]:
            self.client.delete_cookie(key)
        for key, value in self.cookies:
            self.client.set_cookie(key, value)

    def rows_now(self):
        """Table → its rows, of all that counts."""
        return self.rows.now(self.engine)


def shape(address):
    """What kind of address it is: the values in its query do not make another one."""
    path, _, query = address.partition("#")[0].partition("?")
    return path, frozenset(key for key, value in parse_qsl(query) if value)


def kind_of(form):
    """Forms of one kind have the same fields, and the same of them filled in, whatever the numbers."""
    filled = frozenset(
        control.name
        for control in form.controls
        if control.kind != "hidden" and control.chosen and control.value
    )
    return (
        form.method,
        general(path_of(form.action, form.page)),
        frozenset(map(general, form.names)),
        frozenset(map(general, filled)),
    )


def general(text):
    """The text without its numbers."""
    return re.sub(r"\d+", "0", text)


def _buttons(form):
    """One button of each kind: a page of times has many that differ in the number of the slot."""
    kinds = {}
    for button in form.buttons:
        name, value = button.attributes.get("name"), button.attributes.get("value") or ""
        kinds.setdefault((name, general(value), button.attributes.get("formaction")), button)
    return kinds.values()


def _can_be_empty(form):
    return any(control.kind != "hidden" for control in form.controls)


def changes(before, after):
    """Table → rows that are gone, rows that are new."""
    return {
        name: (before[name] - after[name], after[name] - before[name])
        for name in before
        if before[name] != after[name]
    }


def lost(sending, answer):
    """What was typed, or stood there, and is not in the form of the page that answered."""
    sent, where = typed(sending.form), path_of(sending.form.action, sending.page)
    again = [typed(form) for form in answer.forms if path_of(form.action, answer) == where]
    gone = [{name for name in sent if sent[name] != kept.get(name)} for kept in again]
    return min(gone, key=len) if again else set(sent)


def typed(form):
    """Field → what a person chose or typed there; secrets are not sent back."""
    found = {}
    for control in form.controls:
        if (
            control.kind not in ("hidden", "password", "file")
            and control.is_sent()
            and control.value
        ):
            found.setdefault(control.name, []).append(control.value)
    return found
