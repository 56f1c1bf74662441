"""Fields of forms. Each reads what was typed by `plain` and `outside`, or says why it cannot.

What was typed stays in the field; every message is in the reader's language, and none is the form
library's own. An empty field holds "" (texts) or None (numbers, days, times); a field without
`required` may be empty. A form's own `validate_<field>` sees only what could be read.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape
from wtforms import BooleanField, Field, RadioField, SelectField, SelectMultipleField, widgets
from wtforms.validators import StopValidation
from wtforms.widgets.core import clean_key

from clinic import outside, plain
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.sentences import mark

CHOOSE = _l("Please choose from the list.")
A_DAY = _l("Enter a day, as 2026-03-01.")
A_TIME = _l("Enter a time, as 08:30.")
A_NUMBER = _l("Enter a whole number.")
RELOAD = _l("Please load this page again and send it once more.")
AT_MOST = mark("At most %(most)s characters, please.")
MOST_CHOSEN = 200
NOT_SHOWN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def attributes(**values: object) -> Markup:
    """A field's attributes in HTML, as the form library writes them, in a third of its time."""
    written = (
        clean_key(name)
        if value is True
        else '{}="{}"'.format(clean_key(name), str(escape(value)).replace('"', "&quot;"))
        for name, value in sorted(values.items())
        if value is not False
    )
    return Markup(" ".join(written))  # noqa: S704 - escaped above


widgets.Input.html_params = staticmethod(attributes)


class Texts:
    """Stands for the form library's texts: whatever it has to say is said in one sentence of ours."""

    def gettext(self, text: str) -> str:
        said: str = gettext("Please check this field.")
        return said

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return self.gettext(singular)


class Form(FlaskForm):
    """A form of this site. A file in the place of a text is no text, and is not read."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        csrf = False  # `extensions.csrf` has looked at the token of every POST before

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            found = super().wrap_formdata(form, formdata)
            return request.form if found is not None and request.files else found

        def get_translations(self, form: FlaskForm) -> Texts:
            return Texts()

    def hidden_tag(self, *names: str) -> Markup:
        """The token, and the fields that are hidden."""
        token = Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())
        hidden: Markup = super().hidden_tag(*names)
        return token + hidden


class Text(Field):
    """One line of text; the fields below read, and look, otherwise.

    `reader` gives what is kept of what was typed. Where it gives None the field says `message`,
    where it raises a DomainError, that. `required` is said where nothing was typed.
    """

    widget = widgets.TextInput()
    reader: Callable[[str], Any] = staticmethod(plain.line)
    message: object = ""
    empty: Any = ""

    def __init__(
        self,
        label: object = None,
        *,
        required: object = "",
        most: int = 0,
        reader: Callable[[str], Any] | None = None,
        message: object = "",
        **kw: Any,
    ) -> None:
        super().__init__(label, **kw)
        self.required, self.most = required, most
        self.reader = reader or self.reader
        self.message = message or self.message
        if required:
            self.flags.required = True
        if most:
            self.flags.maxlength = most

    def read(self, typed: str) -> Any:
        """What is kept of it. DomainError, or None: it is nothing of the kind."""
        return self.reader(typed)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        if not valuelist:
            return
        self.data = self.empty
        if not valuelist[0].strip():
            return
        try:
            found = self.read(valuelist[0])
        except DomainError as refused:
            is_other = isinstance(refused, plain.NoNumber) and self.message
            raise ValueError(self.message if is_other else say(refused)) from refused
        if found is None:
            raise ValueError(self.message)
        self.data = found

    def pre_validate(self, form: FlaskForm) -> None:
        if self.process_errors:
            raise StopValidation
        if self.data in (None, ""):
            raise StopValidation(self.required)
        if self.most and len(str(self.data)) > self.most:
            raise StopValidation(gettext(AT_MOST, most=self.most))

    def _value(self) -> str:
        if self.raw_data:
            return NOT_SHOWN.sub("", self.raw_data[0])
        return "" if self.data is None else str(self.data)


class Name(Text):
    """A person's name."""

    reader = staticmethod(plain.name)

    def __init__(self, label: object = None, *, most: int = 60, **kw: Any) -> None:
        super().__init__(label, most=most, **kw)


class Note(Text):
    """Several lines."""

    widget = widgets.TextArea()
    reader = staticmethod(plain.note)


class Password(Text):
    """A password, as it was typed; it is never shown again."""

    widget = widgets.PasswordInput()
    reader = staticmethod(str)


class Hidden(Text):
    """What the page itself sends along; what cannot be read comes from a stale page."""

    widget = widgets.HiddenInput()
    reader = staticmethod(outside.an_id)
    message = RELOAD
    empty = None

    def __init__(self, label: object = None, *, required: object = RELOAD, **kw: Any) -> None:
        super().__init__(label or _l("This page"), required=required, **kw)

    def _value(self) -> str:
        return "" if self.data is None else str(self.data)


class Day(Text):
    """A day of the years that the site can mean."""

    widget = widgets.DateInput()
    reader = staticmethod(outside.a_day)
    message = A_DAY
    empty = None

    def _value(self) -> str:
        return f"{self.data:%Y-%m-%d}" if self.data else super()._value()


class Time(Text):
    """A time on the clinic's wall clock."""

    widget = widgets.TimeInput()
    reader = staticmethod(outside.a_time)
    message = A_TIME
    empty = None

    def _value(self) -> str:
        return f"{self.data:%H:%M}" if self.data else super()._value()


class Whole(Text):
    """A whole number from `low` to `high`.

    To the browser it is a text: a field of numbers would drop full-width digits unseen.
    """

    message = A_NUMBER
    empty = None
    reader = staticmethod(plain.whole)

    def __init__(
        self, label: object = None, *, low: int = 0, high: int = outside.LARGEST_ID, **kw: Any
    ) -> None:
        super().__init__(label, render_kw={"inputmode": "numeric"} | kw.pop("render_kw", {}), **kw)
        self.low, self.high = low, high

    def read(self, typed: str) -> int | None:
        found: int | None = self.reader(typed)
        return found if found is not None and self.low <= found <= self.high else None


def an_id(value: object) -> int:
    """The id of a choice, as it is kept or as it comes from a form. ValueError."""
    found = value if isinstance(value, int) else outside.an_id(str(value))
    if found is None:
        raise ValueError(CHOOSE)
    return found


class _Chosen:
    """What the fields of choices share: `ids` for numbers, `check` for choices listed elsewhere."""

    def __init__(
        self,
        label: object = None,
        *,
        ids: bool = False,
        check: bool = True,
        required: object = CHOOSE,
        **kw: Any,
    ) -> None:
        says = {"invalid_value_message": CHOOSE, "invalid_choice_message": CHOOSE}
        kw = {"coerce": an_id if ids else str, "validate_choice": check} | says | kw
        super().__init__(label, **kw)  # type: ignore[call-arg]
        self.required = required
        if required:
            self.flags.required = True  # type: ignore[attr-defined]

    def pre_validate(self, form: FlaskForm) -> None:
        if self.process_errors:  # type: ignore[attr-defined]
            raise StopValidation
        if self.data in (None, []):  # type: ignore[attr-defined]
            raise StopValidation(self.required)
        super().pre_validate(form)  # type: ignore[misc]


class Select(_Chosen, SelectField):
    """One of a list."""


class Radio(_Chosen, RadioField):
    """One of a few, all in sight."""


class Checkboxes(_Chosen, SelectMultipleField):
    """Several of a few. What cannot be read is said, and does not untick the others."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = []
        for value in valuelist[:MOST_CHOSEN]:
            try:
                self.data.append(self.coerce(value))
            except ValueError:
                self.process_errors[:] = [CHOOSE]


class Agreed(BooleanField):
    """A box that must be ticked."""

    def __init__(self, label: object = None, *, required: object, **kw: Any) -> None:
        super().__init__(label, **kw)
        self.required = required
        self.flags.required = True

    def pre_validate(self, form: FlaskForm) -> None:
        if not self.data:
            raise StopValidation(self.required)
