"""What a clinician writes after a visit, and when they ask for leave."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, SelectField, StringField, TextAreaField, TimeField
from wtforms.validators import InputRequired, Length, Optional, Regexp


class OutcomeForm(FlaskForm):
    """A note, and which version of the appointment it was written on."""

    note = TextAreaField(
        _l("Note"),
        [Length(max=1000, message=_l("Please keep it to 1000 characters."))],
        filters=[lambda text: (text or "").strip()],
    )
    version = HiddenField(validators=[Regexp(r"^\d{1,9}$")])


class LeaveForm(FlaskForm):
    """From which day to which, or for some hours. Without hours whole days are meant."""

    practitioner = SelectField(_l("At"), coerce=int)
    first_day = DateField(_l("First day"), [InputRequired(_l("Enter a day."))])
    last_day = DateField(_l("Last day"), [InputRequired(_l("Enter a day."))])
    opens = TimeField(_l("From"), [Optional()])
    closes = TimeField(_l("Until"), [Optional()])
    reason = StringField(
        _l("Reason"), [Length(max=120, message=_l("Please keep it to 120 characters."))]
    )
