"""Sign-in forms: shape only."""

import re

from flask_babel import lazy_gettext as _l
from wtforms import Field
from wtforms.validators import ValidationError

from clinic import plain
from clinic.accounts import one_time_links, passwords
from clinic.accounts.choosing_passwords import must_be_fit
from clinic.accounts.contacts import normalised
from clinic.accounts.models import User
from clinic.fields import Form, Name, Password, Text
from clinic.i18n import say

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


class SecondForm(Form):
    """The code of the second factor, or a recovery code."""

    second = Text(
        _l("Code from your app, or a recovery code"),
        required=_l("Enter the code from your app."),
        reader=plain.code,
        most=20,
    )


class FirstCodeForm(Form):
    """The first code of a new second factor."""

    second = Text(
        _l("Code from your app"),
        required=_l("Enter the code from your app."),
        reader=code_of,
        message=_l("The code has 6 digits."),
    )


class AgainForm(Form):
    """Who is signed in says again who they are."""

    password = Password(_l("Password"), required=_l("Enter your password."), most=200)


class AgainByCodeForm(CodeForm):
    """The same, of who has no password."""


class ProofForm(AgainForm, SecondForm):
    """The same, with the second factor."""


class ProofByCodeForm(AgainByCodeForm, SecondForm):
    """The same, with the second factor, of who has no password."""


class NewPasswordForm(Form):
    """A password of one's own, for who has none yet. Its owner decides what is good enough."""

    new_password = Password(_l("New password"), required=_l("Enter a new password."))

    def __init__(self, user: User) -> None:
        super().__init__()
        self.user = user

    def validate_new_password(self, field: Field) -> None:
        try:
            must_be_fit(self.user, field.data)
        except passwords.UnfitPassword as unfit:
            raise ValidationError(say(unfit)) from unfit


class SlipForm(Form):
    """The code of a slip that reception gave."""

    code = Text(
        _l("Code of the slip"),
        required=_l("Enter the code of your slip."),
        reader=one_time_links.code_of,
        message=_l("The code has ten signs, as BCDFG-HJKLM."),
    )


class ChangePasswordForm(NewPasswordForm):
    """Another one, in place of the old."""

    password = Password(_l("Old password"), required=_l("Enter your old password."), most=200)


class PasswordForm(ContactForm):
    """Sign in with a password."""

    password = Password(_l("Password"), required=_l("Enter your password."), most=200)


class NewAccountForm(Form):
    """Who was invited to work here: their name, and a password of their own."""

    invited: str | None = None  # the phone or e-mail of the invitation
    name = Name(_l("Your name"), required=_l("Enter your name."))
    password = Password(_l("Password"), required=_l("Choose a password."), most=200)
    password_again = Password(
        _l("The same password again"), required=_l("Type the password once more."), most=200
    )

    def validate_password(self, field: Field) -> None:
        try:
            passwords.must_be_fit(field.data, name=self.name.data or "", contacts=[self.invited])
        except passwords.UnfitPassword as unfit:
            raise ValidationError(say(unfit)) from unfit

    def validate_password_again(self, field: Field) -> None:
        if field.data != self.password.data:
            raise ValidationError(_l("The two passwords differ."))
