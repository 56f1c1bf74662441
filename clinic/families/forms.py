"""Forms of families: shape only; what the numbers mean is in `rules`."""

from datetime import date

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from clinic.accounts import passwords
from clinic.errors import DomainError
from clinic.families import rules
from clinic.families.models import Relation, Sex
from clinic.i18n import say

RELATIONS = [
    SelectChoice(Relation.MOTHER.value, _l("Mother")),
    SelectChoice(Relation.FATHER.value, _l("Father")),
    SelectChoice(Relation.GRANDPARENT.value, _l("Grandparent")),
    SelectChoice(Relation.OTHER.value, _l("Other guardian")),
]

SEXES = [SelectChoice(Sex.FEMALE.value, _l("Girl")), SelectChoice(Sex.MALE.value, _l("Boy"))]


def stripped(text: str | None) -> str | None:
    """Without the blanks around it."""
    return text.strip() if text else text


class FinishForm(FlaskForm):
    """Who you are, and what you agree to. Both boxes come unticked."""

    name = StringField(
        _l("Your name"),
        [
            InputRequired(_l("Enter your name.")),
            Length(max=60, message=_l("At most 60 characters, please.")),
        ],
        filters=[stripped],
    )
    password = PasswordField(
        _l("Password (optional)"),
        [
            Optional(),
            Length(
                min=passwords.SHORTEST,
                max=200,
                message=_l("Use at least 8 characters for a password."),
            ),
        ],
    )
    privacy = BooleanField(
        _l("I have read the privacy notice and agree to it."),
        [DataRequired(_l("Please agree to the privacy notice to go on."))],
    )
    children_under_14 = BooleanField(
        _l("As a guardian I agree to the rule for children under 14."),
        [DataRequired(_l("Please agree to the rule for children under 14 to go on."))],
    )


class ChildForm(FlaskForm):
    """What we know of a child."""

    name = StringField(
        _l("Child's name"),
        [
            InputRequired(_l("Enter the child's name.")),
            Length(max=60, message=_l("At most 60 characters, please.")),
        ],
        filters=[stripped],
    )
    sex = RadioField(
        _l("Sex"),
        [InputRequired(_l("Choose one."))],
        choices=SEXES,
    )
    birth_date = DateField(
        _l("Date of birth"), [InputRequired(_l("Enter the date of birth, as 2025-03-01."))]
    )
    relation = SelectField(_l("You are the child's"), choices=RELATIONS)
    birth_weight_g = IntegerField(_l("Weight at birth, in grams (optional)"), [Optional()])
    gestation_weeks = IntegerField(_l("Weeks of pregnancy at birth (optional)"), [Optional()])
    allergies = TextAreaField(
        _l("Allergies and reactions (optional)"),
        [Optional(), Length(max=300, message=_l("At most 300 characters, please."))],
        filters=[stripped],
    )
    certificate_no = StringField(
        _l("Number of the vaccination or birth certificate (optional)"),
        [Optional()],
        filters=[stripped],
    )
    version = HiddenField()  # of the child that is edited; two guardians may do it at once
    identity_no = StringField(
        _l("Identity card number (optional)"), [Optional()], filters=[stripped]
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
            "allergies": self.allergies.data or "",
            "certificate_no": self.certificate_no.data or None,
            "identity_no": (self.identity_no.data or "").upper() or None,
        }


def said(check: object, *values: object) -> None:
    """Run a rule; its refusal becomes the field's error, in the reader's language.

    What could not be read at all (`None`) has its error already.
    """
    if values[0] is None:
        return
    try:
        check(*values)  # type: ignore[operator]
    except DomainError as error:
        raise ValidationError(say(error)) from error


class InvitationForm(FlaskForm):
    """Whom to invite."""

    relation = SelectField(_l("Who is the other guardian?"), choices=RELATIONS)
