"""A form of a page, filled in and sent as a browser does it: what the page does not hold cannot be sent."""

import json
import re
from urllib.parse import urlencode

import pytest
from werkzeug.datastructures import FileMultiDict, MultiDict

from tests.controls import BUTTONS, ancestors, controls_of, is_disabled, owner, words

SHAPES = {
    "date": r"\d{4}-\d\d-\d\d",
    "time": r"\d\d:\d\d(:\d\d)?",
    "number": r"-?\d*\.?\d+(e-?\d+)?",
}
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


class Form:
    """A form of `page`. `fields` is what it would send now, by name."""

    def __init__(self, page, node):
        self.page, self.node = page, node
        self.method = (node.attributes.get("method") or "get").lower()
        self.action = node.attributes.get("action") or page.address
        forms = page.tree.css("form")
        own = [
            one
            for one in page.tree.css("input, select, textarea, button")
            if (form := owner(one, forms)) is not None and form.mem_id == node.mem_id
        ]
        self.buttons = [
            node
            for node in own
            if node.attributes.get("aria-hidden") != "true"  # it is there for the Enter key
            and (
                (node.tag == "button" and (node.attributes.get("type") or "submit") == "submit")
                or (node.tag == "input" and node.attributes.get("type") in BUTTONS)
            )
        ]
        self.controls = [
            control
            for node in own
            if node.attributes.get("name") and node.tag != "button"
            for control in controls_of(node)
        ]
        self.tampered = MultiDict()

    def __str__(self):
        return f"the form {self.method.upper()} {self.action}"

    @property
    def names(self):
        """The names of all that it may send, its buttons too."""
        pressed = {button.attributes.get("name") for button in self.buttons} - {None}
        return {control.name for control in self.controls} | pressed | set(self.tampered)

    @property
    def fields(self):
        """What it would send now: name → values, as text (a file as its stream and name)."""
        sent = MultiDict()
        for control in self.controls:
            if not control.is_sent() or control.name in self.tampered:
                continue
            if control.kind == "file":
                sent.setlist(control.name, control.value or [None])
            else:
                sent.add(control.name, control.value)
        sent.update(self.tampered)
        return sent

    def choices(self, name):
        """The values from which a select, radio buttons or boxes of that name let one choose."""
        return [control.value for control in self._controls(name) if control.is_choice]

    def fill(self, values=None, /, *, tampered=False, **named):
        """Fill in by hand; fails on what the page does not let a person enter there.

        A value is the text; for a choice the value of its option; for boxes a list of values, or
        True and False for a single one; for a file (stream, name). `tampered` sends it anyhow.
        """
        for name, value in {**(values or {}), **named}.items():
            if tampered:
                many = value if isinstance(value, list) else [] if value is None else [value]
                self.tampered.setlist(
                    name, [one if isinstance(one, tuple) else str(one) for one in many]
                )
            else:
                self._fill(name, value)
        return self

    def empty(self):
        """Cleared by hand as far as the page lets one: no text, no tick, no choice."""
        for control in self.controls:
            if control.kind == "option":
                offers_none = any(o.name == control.name and not o.value for o in self.controls)
                control.chosen = not control.value if offers_none else control.chosen
            elif control.is_choice:
                control.chosen = False
            elif (
                control.kind not in ("hidden", "file") and "readonly" not in control.node.attributes
            ):
                control.value = ""
        return self

    def _controls(self, name):
        found = [control for control in self.controls if control.name == name]
        if not found:
            pytest.fail(f"{self} has no field {name!r}, but {sorted(self.names)}")
        if all(is_disabled(node.node) for node in found):
            pytest.fail(f"{self}: {name!r} is disabled")
        return found

    def _fill(self, name, value):
        found = self._controls(name)
        if found[0].is_choice:
            self._choose(name, found, value)
        elif found[0].kind == "file":
            found[0].value = [value] if isinstance(value, tuple) else list(value)
        else:
            self._type(name, found, value)

    def _type(self, name, found, value):
        found = [one for one in found if one.kind != "hidden"]
        if not found:
            pytest.fail(f"{self}: {name!r} is hidden; nobody can fill it in")
        if len(found) > 1:
            pytest.fail(f"{self} has {len(found)} fields {name!r}")
        (control,) = found
        value, attributes = str(value), control.node.attributes
        if "readonly" in attributes:
            pytest.fail(f"{self}: {name!r} is read-only")
        most = attributes.get("maxlength")
        if most and len(value) > int(most):
            pytest.fail(f"{self}: {name!r} takes {most} characters, not {len(value)}")
        shape = SHAPES.get(control.kind)
        if shape and value and not re.fullmatch(shape, value):
            pytest.fail(f"{self}: {name!r} takes a {control.kind}, not {value!r}")
        control.value = value.replace("\n", "\r\n") if control.kind == "textarea" else value

    def _choose(self, name, found, value):
        if value in (True, False):
            if len(found) != 1 or found[0].kind != "checkbox":
                pytest.fail(f"{self}: {name!r} is not one box, but {self.choices(name)}")
            found[0].chosen = value
            return
        wanted = [str(one) for one in value] if isinstance(value, list | set) else [str(value)]
        offered = [node.value for node in found if not is_disabled(node.node)]
        if missing := [one for one in wanted if one not in offered]:
            pytest.fail(f"{self}: {name!r} does not offer {missing}, but {offered}")
        many = found[0].kind == "checkbox" or any(
            ancestor.tag == "select" and "multiple" in ancestor.attributes
            for ancestor in ancestors(found[0].node)
        )
        if len(wanted) != 1 and not many:
            pytest.fail(f"{self}: {name!r} takes one choice, not {wanted}")
        for node in found:
            node.chosen = node.value in wanted and not is_disabled(node.node)

    def button(self, which=None):
        """The button of that name, value, id or label; without a word the only one there is."""
        found = called(self.buttons, which)
        same = {(node.attributes.get("name"), node.attributes.get("value")) for node in found}
        if len(found) != 1 and (len(same) != 1 or same == {(None, None)}):
            there = [words(button) or button.attributes for button in self.buttons]
            pytest.fail(f"{self} has {len(found)} buttons {which!r}, of {there}")
        return next((node for node in found if not is_disabled(node)), found[0])

    def submit(self, button=None, *, htmx=False, **sending):
        """Press a button and send it; the page that answers. Redirects are not followed.

        What was tampered with may be sent without a button.
        `htmx`: as HTMX does it, by the `hx-post` or `hx-get` of the button or the form.
        """
        no_button = self.tampered and button is None and len(self.buttons) != 1
        pressed = self.node if no_button else self.button(button)
        if is_disabled(pressed):
            pytest.fail(f"{self}: the button {words(pressed)!r} is disabled")
        fields, name = self.fields, pressed.attributes.get("name")
        if name and name not in self.tampered:
            fields.add(name, pressed.attributes.get("value") or "")
        if htmx:
            return self._by_htmx(_doer(pressed, self.node), fields, **sending)
        method = (pressed.attributes.get("formmethod") or self.method).lower()
        action = pressed.attributes.get("formaction") or self.action
        return self._send(method, action, fields, **sending)

    def trigger(self, selector, **sending):
        """Let the part of the form that HTMX watches (`hx-post`, `hx-get`) ask by itself."""
        element = self.page.one(selector)
        marks = element.attributes
        takes_form = "hx-post" in marks or marks.get("hx-include") == "closest form"
        return self._by_htmx(element, self.fields if takes_form else MultiDict(), **sending)

    def _by_htmx(self, element, fields, *, headers=None, **sending):
        attributes = element.attributes
        method = "post" if "hx-post" in attributes else "get"
        for key, values in added_by_htmx(element, self.page.tree).lists():
            fields.setlist(key, values)
        headers = HTMX | json.loads(attributes.get("hx-headers") or "{}") | (headers or {})
        address = attributes.get(f"hx-{method}") or self.page.address
        return self._send(method, address, fields, replaces=False, headers=headers, **sending)

    def _send(self, method, address, fields, *, replaces=True, **sending):
        address = self.page.resolve(address)
        if method == "get":
            query = urlencode(list(fields.items(multi=True)))
            parts = (address.partition("?")[0], query) if replaces else (address, query)
            joint = "&" if "?" in parts[0] else "?"
            return self.page.client.page(joint.join(filter(None, parts)), status=None, **sending)
        data = FileMultiDict()
        is_multipart = self.node.attributes.get("enctype") == "multipart/form-data"
        for key, value in fields.items(multi=True):
            if isinstance(value, tuple):
                data.add_file(key, *value)
            elif value is not None:
                data.add(key, value)
        kind = "multipart/form-data" if is_multipart else None
        answer = self.page.client.post(address, data=data, content_type=kind, shown=True, **sending)
        return self.page.answer(answer)


def called(buttons, which):
    """Those of that name, value (or both: `name=value`), id or label; else those whose label has it."""
    if which is None:
        return buttons
    exact = [button for button in buttons if which in _names_of(button)]
    return exact or [button for button in buttons if which in words(button)]


def _names_of(button):
    name, value = (button.attributes.get(one) for one in ("name", "value"))
    return (
        name,
        value,
        f"{name}={value}",
        button.id,
        words(button),
        button.attributes.get("aria-label"),
    )


def _doer(button, form):
    """The element whose HTMX attributes count: the button's own, else the form's."""
    for node in (button, form):
        if "hx-post" in node.attributes or "hx-get" in node.attributes:
            return node
    return pytest.fail(f"HTMX does not send {form.attributes.get('action')}: it has no hx-post")


def added_by_htmx(element, tree):
    """What HTMX sends besides the form: what `hx-include` names elsewhere on the page, and `hx-vals`."""
    added, named = MultiDict(), element.attributes.get("hx-include") or "closest form"
    for node in tree.css(named) if named != "closest form" else ():
        for control in controls_of(node):
            if control.is_sent():
                added.add(control.name, control.value)
    for key, value in json.loads(element.attributes.get("hx-vals") or "{}").items():
        added.setlist(key, [str(value)])
    return added
