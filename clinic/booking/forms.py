"""The forms of the booking pages: shape only."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import Length


class ConfirmForm(FlaskForm):
    reason = TextAreaField(
        _l("What is it about? (optional)"),
        filters=[lambda text: (text or "").strip()],
        validators=[Length(max=300, message=_l("Please keep it to 300 characters."))],
    )
