"""Sign-in forms: shape only."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length, Regexp, ValidationError

from clinic.accounts.contacts import NotAContact, normalised
from clinic.i18n import say


class ContactForm(FlaskForm):
    """Whom to send a code to."""

    contact = StringField(
        _l("Mobile number or e-mail"),
        [
            InputRequired(_l("Enter your mobile number or e-mail address.")),
            Length(max=120, message=_l("That is too long.")),
        ],
    )

    def validate_contact(self, field: StringField) -> None:
        try:
            field.normalised = normalised(field.data or "")
        except NotAContact as error:
            raise ValidationError(say(error)) from error


class CodeForm(FlaskForm):
    """The code that came."""

    code = StringField(
        _l("Code"),
        [
            InputRequired(_l("Enter the code from the message.")),
            Regexp(r"^\s*\d{6}\s*$", message=_l("The code has 6 digits.")),
        ],
    )


class PasswordForm(ContactForm):
    """Sign in with a password."""

    password = PasswordField(
        _l("Password"),
        [
            InputRequired(_l("Enter your password.")),
            Length(max=200, message=_l("That is too long.")),
        ],
    )
