"""Fill a form of a finished page with what was typed into it before. Pure: HTML in, HTML out.

It knows no page: whatever form the site shows, what its sender typed can be given back in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from itertools import accumulate

Fields = Sequence[tuple[str, str]]  # name and value, in the order in which they were sent
# These are never given back: what a press means, and what only a browser may know.
LEFT_ALONE = frozenset({"submit", "button", "reset", "image", "file", "password"})
TOKEN = "csrf_token"  # noqa: S105 - the page has its own
CHOICES = ("checkbox", "radio")
Attributes = dict[str, str | None]


@dataclass
class Element:
    """A control or an option: its start tag, and the text up to its end tag."""

    tag: str
    attributes: Attributes
    start: int
    end: int  # of the start tag
    details: tuple["Element", ...] = ()  # that hide it while they are closed
    text_end: int = 0  # of what follows it, up to the end tag
    options: list["Element"] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.attributes.get("name") or ""

    @property
    def kind(self) -> str:
        if self.tag != "input":
            return self.tag
        return (self.attributes.get("type") or "text").lower()

    @property
    def value(self) -> str:
        return self.attributes.get("value") or ""


@dataclass
class FormControls:
    """A form and its controls."""

    attributes: Attributes
    start: int
    controls: list[Element] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)  # where buttons of its own send it

    def is_posted_to(self, action: str, page: str) -> bool:
        """Whether it is posted to that path; without an action of its own it is to its page's."""
        own = (self.attributes.get("action") or "").partition("?")[0]
        is_post = (self.attributes.get("method") or "").lower() == "post"
        return is_post and action in (own or page, *self.elsewhere)

    def fit(self, names: frozenset[str]) -> tuple[bool, int]:
        """How well it fits what was sent: whether all that it sends was, and how much of it it has."""
        own = {control.name for control in self.controls}
        sure = {
            control.name
            for control in self.controls
            if control.kind not in CHOICES and control.tag != "select"
        }
        return sure <= names, len(own & names)

    def shows(self, names: frozenset[str]) -> bool:
        """Whether a person sees one of these fields in it."""
        return any(control.kind != "hidden" and control.name in names for control in self.controls)


class _Reader(HTMLParser):
    """Collects the forms of a page, with their places in its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html, self.forms = html, list[FormControls]()
        self.lines = [0, *accumulate(len(line) + 1 for line in html.split("\n"))]
        self.inside: FormControls | None = None
        self.open: dict[str, Element] = {}  # the textarea, select, option that is open
        self.details: list[Element] = []
        self.strays: list[tuple[str, Element]] = []  # controls that name a form elsewhere
        self.feed(html)
        self.close()
        for form_id, control in self.strays:
            for form in self.forms:
                if form.attributes.get("id") == form_id:
                    form.controls.append(control)

    @property
    def place(self) -> int:
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start, attributes = self.place, dict(attrs)
        end = start + len(self.get_starttag_text() or "")
        one = Element(tag, attributes, start, end, tuple(self.details))
        if tag == "form":
            self.inside = FormControls(attributes, start)
            self.forms.append(self.inside)
        elif tag == "button" and self.inside and attributes.get("formaction"):
            self.inside.elsewhere.append((attributes["formaction"] or "").partition("?")[0])
        elif tag == "details":
            self.details.append(one)
        elif tag == "option" and "select" in self.open:
            self.open["select"].options.append(one)
        elif tag in ("input", "select", "textarea") and _can_be_filled(one):
            self._belongs(one)
        if tag in ("select", "textarea", "option"):
            self.open[tag] = one

    def _belongs(self, control: Element) -> None:
        if form_id := control.attributes.get("form"):
            self.strays.append((form_id, control))
        elif self.inside:
            self.inside.controls.append(control)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = None
        elif tag == "details" and self.details:
            self.details.pop()
        elif tag in self.open:
            self.open.pop(tag).text_end = self.place


def _can_be_filled(control: Element) -> bool:
    return (
        control.name not in ("", TOKEN)
        and control.kind not in LEFT_ALONE
        and "disabled" not in control.attributes
    )


def refill(
    html: str, page: str, action: str, typed: Fields, notice: str, notes: Mapping[str, str]
) -> str | None:
    """The HTML of `page` with its form for `action` (paths) filled in; None if it has no such form.

    `notice` is put before the form, each of `notes` before the field of that name: HTML both.
    """
    names = frozenset(name for name, _ in typed) | notes.keys()
    forms = [form for form in _Reader(html).forms if form.is_posted_to(action, page)]
    forms = sorted((form for form in forms if form.shows(names)), key=lambda form: form.fit(names))
    if not forms:
        return None
    best = forms[-1]
    shown = [
        control for control in best.controls if control.name in notes or _has_text(control, typed)
    ]
    edits = {(best.start, best.start, notice), *_edits(best, typed)}
    edits |= {(one.start, one.start, notes[one.name]) for one in shown if one.name in notes}
    edits |= {
        (detail.start, detail.end, _tag(detail, open=""))
        for each in shown
        for detail in each.details
    }
    for start, end, text in sorted(edits, reverse=True):
        html = html[:start] + text + html[end:]
    return html


def _has_text(control: Element, typed: Fields) -> bool:
    return any(name == control.name and value for name, value in typed)


def _edits(form: FormControls, typed: Fields) -> Iterator[tuple[int, int, str]]:
    sent: dict[str, list[str]] = {}
    for name, value in typed:
        sent.setdefault(name, []).append(value)
    left = {name: iter(values) for name, values in sent.items()}
    for control in form.controls:
        values = sent.get(control.name, [])
        if control.kind in CHOICES:
            yield (
                control.start,
                control.end,
                _marked(control, "checked", (control.value or "on") in values),
            )
        elif control.tag == "select" and values:
            for option in control.options:
                yield option.start, option.end, _marked(option, "selected", option.value in values)
        elif control.tag == "textarea" and control.name in left:
            text = next(left[control.name], "")
            # The first newline after the tag is not part of the text.
            yield control.end, control.text_end, "\n" + escape(text)
        elif control.tag == "input" and control.name in left:
            yield (
                control.start,
                control.end,
                _tag(control, value=next(left[control.name], control.value)),
            )


def _marked(one: Element, mark: str, is_marked: bool) -> str:
    attributes = {name: value for name, value in one.attributes.items() if name != mark}
    if is_marked:
        attributes[mark] = None
    return _start_tag(one.tag, attributes)


def _tag(one: Element, **changed: str) -> str:
    return _start_tag(one.tag, {**one.attributes, **changed})


def _start_tag(tag: str, attributes: Attributes) -> str:
    parts = [tag]
    for name, value in attributes.items():
        parts.append(name if value is None else f'{name}="{escape(value)}"')
    return f"<{' '.join(parts)}>"
