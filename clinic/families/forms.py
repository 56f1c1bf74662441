"""Forms of families: shape only; what the numbers mean is in `rules`."""

from collections.abc import Callable
from datetime import date

from flask_babel import lazy_gettext as _l
from wtforms import Field
from wtforms.fields import SelectChoice
from wtforms.validators import ValidationError

from clinic import plain
from clinic.accounts import passwords
from clinic.errors import DomainError
from clinic.families import rules
from clinic.families.models import Relation, Sex
from clinic.fields import (
    Agreed,
    Day,
    Form,
    Hidden,
    Name,
    Note,
    Password,
    Radio,
    Select,
    Text,
    Whole,
)
from clinic.i18n import say

RELATIONS = [
    SelectChoice(Relation.MOTHER.value, _l("Mother")),
    SelectChoice(Relation.FATHER.value, _l("Father")),
    SelectChoice(Relation.GRANDPARENT.value, _l("Grandparent")),
    SelectChoice(Relation.OTHER.value, _l("Other guardian")),
]

SEXES = [SelectChoice(Sex.FEMALE.value, _l("Girl")), SelectChoice(Sex.MALE.value, _l("Boy"))]


class FinishForm(Form):
    """Who you are, and what you agree to. Both boxes come unticked."""

    proved: str | None = None  # the phone or e-mail that they proved
    name = Name(_l("Your name"), required=_l("Enter your name."))
    password = Password(_l("Password (optional)"), most=200)
    privacy = Agreed(
        _l("I have read the privacy notice and agree to it."),
        required=_l("Please agree to the privacy notice to go on."),
    )
    children_under_14 = Agreed(
        _l("As a guardian I agree to the rule for children under 14."),
        required=_l("Please agree to the rule for children under 14 to go on."),
    )

    def validate_password(self, field: Field) -> None:
        try:
            passwords.must_be_fit(field.data, name=self.name.data or "", contacts=[self.proved])
        except passwords.UnfitPassword as unfit:
            raise ValidationError(say(unfit)) from unfit


class SlipFinishForm(FinishForm):
    """The same of a family that comes with a slip: the password is how they sign in from now on."""

    password = Password(_l("Password"), required=_l("Choose a password."), most=200)


class ConsentForm(Form):
    """The two agreements alone."""

    privacy = FinishForm.privacy
    children_under_14 = FinishForm.children_under_14


class ChildForm(Form):
    """What we know of a child."""

    name = Name(_l("Child's name"), required=_l("Enter the child's name."))
    sex = Radio(_l("Sex"), required=_l("Choose one."), choices=SEXES)
    birth_date = Day(
        _l("Date of birth"),
        required=_l("Enter the date of birth, as 2025-03-01."),
        message=_l("Enter the date of birth, as 2025-03-01."),
    )
    birth_weight_g = Whole(_l("Weight at birth, in grams (optional)"), reader=rules.grams_of)
    gestation_weeks = Whole(_l("Weeks of pregnancy at birth (optional)"), reader=rules.weeks_of)
    allergies = Note(_l("Allergies and reactions (optional)"), most=300)
    certificate_no = Text(
        _l("Number of the vaccination or birth certificate (optional)"),
        reader=plain.number_of_a_lot,
    )
    identity_no = Text(
        _l("Identity card number (optional)"), reader=lambda typed: plain.code(typed).upper()
    )

    def __init__(self, *args: object, today: date, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def validate_birth_date(self, field: Field) -> None:
        said(rules.check_birth_date, field.data, self.today)

    def validate_birth_weight_g(self, field: Field) -> None:
        said(rules.check_birth_weight, field.data)

    def validate_gestation_weeks(self, field: Field) -> None:
        said(rules.check_gestation, field.data)

    def validate_certificate_no(self, field: Field) -> None:
        said(rules.check_certificate_no, field.data)

    def validate_identity_no(self, field: Field) -> None:
        said(rules.check_identity_no, field.data, self.birth_date.data)

    def facts(self) -> dict[str, object]:
        """What was typed, as the verbs take it."""
        return {
            "name": self.name.data,
            "sex": Sex(self.sex.data),
            "birth_date": self.birth_date.data,
            "birth_weight_g": self.birth_weight_g.data,
            "gestation_weeks": self.gestation_weeks.data,
            "allergies": self.allergies.data,
            "certificate_no": self.certificate_no.data or None,
            "identity_no": self.identity_no.data or None,
        }


class NewChildForm(ChildForm):
    """A child that is added, and how its guardian is related to it."""

    relation = Select(_l("You are the child's"), choices=RELATIONS)


class EditChildForm(ChildForm):
    """A child that is edited. It carries the version that was shown, for two guardians may edit at once."""

    version = Hidden()


def said(check: Callable[..., None], *values: object) -> None:
    """Run a rule; its refusal becomes the field's error, in the reader's language."""
    try:
        check(*values)
    except DomainError as error:
        raise ValidationError(say(error)) from error


class InvitationForm(Form):
    """Whom to invite."""

    relation = Select(_l("The other guardian is the child's"), choices=RELATIONS)
