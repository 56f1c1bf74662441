"""Sign-in forms: shape only."""

import re

from flask_babel import lazy_gettext as _l

from clinic import plain
from clinic.accounts.contacts import normalised
from clinic.fields import Form, Password, Text

SIX_DIGITS = re.compile("[0-9]{6}")


def code_of(typed: str) -> str | None:
    """The six digits of a code that came in a message."""
    code = plain.code(typed)
    return code if SIX_DIGITS.fullmatch(code) else None


class ContactForm(Form):
    """Whom to send a code to."""

    contact = Text(
        _l("Mobile number or e-mail"),
        required=_l("Enter your mobile number or e-mail address."),
        reader=normalised,
        most=120,
    )


class CodeForm(Form):
    """The code that came."""

    code = Text(
        _l("Code"),
        required=_l("Enter the code from the message."),
        reader=code_of,
        message=_l("The code has 6 digits."),
    )


class AgainForm(Form):
    """Who is signed in says again who they are."""

    password = Password(_l("Password"), required=_l("Enter your password."), most=200)


class AgainByCodeForm(CodeForm):
    """The same, of who has no password."""


class PasswordForm(ContactForm):
    """Sign in with a password."""

    password = Password(_l("Password"), required=_l("Enter your password."), most=200)
