"""What a clinician writes after a visit."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField
from wtforms.validators import Length, Regexp


class OutcomeForm(FlaskForm):
    """A note, and which version of the appointment it was written on."""

    note = TextAreaField(
        _l("Note"),
        [Length(max=1000, message=_l("Please keep it to 1000 characters."))],
        filters=[lambda text: (text or "").strip()],
    )
    version = HiddenField(validators=[Regexp(r"^\d{1,9}$")])
