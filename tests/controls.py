"""The fields of a form as a browser sees them: what each sends, and to which form it belongs."""

from dataclasses import dataclass

BUTTONS = ("submit", "image")  # the kinds that send a form
NEVER_SENT = ("button", "reset")


def words(node):
    """The text of an element, blanks folded."""
    return " ".join(node.text(separator=" ").split())


def ancestors(node):
    while (node := node.parent) is not None:
        yield node


def owner(control, forms):
    """The form that a control belongs to: the one it names, else the one it stands in."""
    if "form" in control.attributes:
        return next((form for form in forms if form.id == control.attributes["form"]), None)
    return next((ancestor for ancestor in ancestors(control) if ancestor.tag == "form"), None)


def is_disabled(control):
    holders = (
        ancestor
        for ancestor in ancestors(control)
        if ancestor.tag in ("fieldset", "select", "optgroup")
    )
    return any("disabled" in node.attributes for node in (control, *holders))


@dataclass
class Control:
    """A named field of a form. `value` is what it sends; a box or an option is sent if `chosen`."""

    name: str
    kind: str  # of an input its type, else the tag
    node: object
    value: object = ""
    chosen: bool = True

    @property
    def is_choice(self):
        return self.kind in ("checkbox", "radio", "option")

    def is_sent(self):
        return self.chosen and not is_disabled(self.node)


def controls_of(node):
    """What an element sends: a select one control for each of its options."""
    name, kind = node.attributes.get("name"), node.tag
    if kind == "select":
        yield from _options(name, node)
    elif kind == "textarea":
        text = node.text(strip=False)
        yield Control(name, kind, node, text.replace("\r\n", "\n").replace("\n", "\r\n"))
    elif (kind := (node.attributes.get("type") or "text").lower()) in ("checkbox", "radio"):
        value, chosen = node.attributes.get("value", "on"), "checked" in node.attributes
        yield Control(name, kind, node, value or "", chosen)
    elif kind == "file":
        yield Control(name, kind, node, [])
    elif kind not in (*BUTTONS, *NEVER_SENT):
        yield Control(name, kind, node, node.attributes.get("value") or "")


def _options(name, select):
    options = [
        Control(
            name,
            "option",
            option,
            option.attributes.get("value", words(option)) or "",
            "selected" in option.attributes,
        )
        for option in select.css("option")
    ]
    if "multiple" not in select.attributes:
        last = next((option for option in reversed(options) if option.chosen), None)
        first = next((option for option in options if not is_disabled(option.node)), None)
        for option in options:
            option.chosen = option is (last or first)
    yield from options
