"""The forms of the booking pages: shape only."""

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, SelectMultipleField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from clinic.centres.models import Centre, Service
from clinic.families.models import Child
from clinic.i18n import name_of, say_text, weekday_name
from clinic.scheduling.parts import PARTS

WEEK = range(7)
USUALLY = timedelta(days=14)


class Checkboxes(SelectMultipleField):
    """Several of a few."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ConfirmForm(FlaskForm):
    reason = TextAreaField(
        _l("What is it about? (optional)"),
        filters=[lambda text: (text or "").strip()],
        validators=[Length(max=300, message=_l("Please keep it to 300 characters."))],
    )


class WaitForm(FlaskForm):
    """Who waits for what, where, and when it could come."""

    children = Checkboxes(
        _l("Who is it for?"), [InputRequired(_l("Choose at least one child."))], coerce=int
    )
    service = SelectField(_l("What do you need?"), coerce=int)
    centres = Checkboxes(
        _l("Where would it do?"), [InputRequired(_l("Choose at least one centre."))], coerce=int
    )
    weekdays = Checkboxes(
        _l("On which weekdays?"), [InputRequired(_l("Choose at least one weekday."))], coerce=int
    )
    parts = Checkboxes(
        _l("At what time of the day?"), [InputRequired(_l("Choose at least one part of the day."))]
    )
    last_day = DateField(_l("Until which day?"), [InputRequired(_l("Enter a day."))])

    def offer(
        self, children: list[Child], services: list[Service], centres: list[Centre], today: date
    ) -> None:
        """Fill in what can be chosen, and what most would choose."""
        self.children.choices = [SelectChoice(one.id, one.name) for one in children]
        self.service.choices = [SelectChoice(one.id, name_of(one)) for one in services]
        self.centres.choices = [SelectChoice(one.id, name_of(one)) for one in centres]
        self.weekdays.choices = [SelectChoice(one, weekday_name(one)) for one in WEEK]
        self.parts.choices = [SelectChoice(code, say_text(name)) for code, name in PARTS.items()]
        if not self.is_submitted():
            self.children.data = [one.id for one in children[:1]]
            self.centres.data = [one.id for one in centres]
            self.weekdays.data = list(WEEK)
            self.parts.data = list(PARTS)
            self.last_day.data = today + USUALLY
