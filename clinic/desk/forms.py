"""Forms of the desk: shape only."""

from collections.abc import Sequence
from datetime import date

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Regexp, ValidationError

from clinic.accounts.contacts import NotAContact, normalised
from clinic.booking.terms import Line
from clinic.centres.models import Service
from clinic.families import rules
from clinic.families.forms import RELATIONS, SEXES, said, stripped
from clinic.i18n import clock_time, name_of
from clinic.scheduling.models import Channel
from clinic.scheduling.queries import Offer

TOO_LONG = _l("At most 60 characters, please.")


class WalkInForm(FlaskForm):
    """A family at the desk or on the phone, with or without an account."""

    key = HiddenField(validators=[Regexp(r"^[\w-]{8,40}$")])
    channel = RadioField(
        _l("The family is"),
        choices=[
            SelectChoice(Channel.DESK.value, _l("at the desk")),
            SelectChoice(Channel.PHONE.value, _l("on the phone")),
        ],
        default=Channel.DESK.value,
    )
    phone = StringField(
        _l("Guardian's mobile number"), [InputRequired(_l("Enter the guardian's mobile number."))]
    )
    guardian = StringField(
        _l("Guardian's name"),
        [InputRequired(_l("Enter the guardian's name.")), Length(max=60, message=TOO_LONG)],
        filters=[stripped],
    )
    relation = SelectField(_l("Guardian is the child's"), choices=RELATIONS)
    name = StringField(
        _l("Child's name"),
        [InputRequired(_l("Enter the child's name.")), Length(max=60, message=TOO_LONG)],
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
    agreed = BooleanField(
        _l(
            "The guardian has been told of the privacy notice and the rule for children, and agrees."
        ),
        [DataRequired(_l("Without the guardian's agreement nothing may be kept."))],
    )
    service = SelectField(_l("Service"), coerce=int)
    day = DateField(_l("Day"), [InputRequired(_l("Enter a day."))])
    # Whether the time is still free is the scheduler's to say, not the list's that was shown.
    slot = RadioField(
        _l("Time"), [InputRequired(_l("Choose a time."))], coerce=int, validate_choice=False
    )
    without = BooleanField(_l("Promise no dose: the family comes with a question"))
    arrived = BooleanField(_l("The child is here: check in now"), default=True)

    def __init__(
        self, *args: object, today: date, services: Sequence[Service], **kw: object
    ) -> None:
        super().__init__(*args, **kw)
        self.today = today
        self.service.choices = [SelectChoice(one.id, name_of(one)) for one in services]
        self.slot.choices = []
        self.has_doses = False
        # Of a child that is known: what the visit can be for, and what stands against that.
        self.child_id = 0
        self.lines: Sequence[Line] = ()
        self.objection = ""

    def offer(self, offers: Sequence[Offer], names: dict[int, str]) -> None:
        """The free times that may be chosen."""
        self.slot.choices = [
            SelectChoice(one.slot_id, f"{clock_time(one.starts_at)} {names[one.practitioner_id]}")
            for one in offers
        ]

    @property
    def mobile(self) -> str:
        """The guardian's number as it is kept; empty if it is none."""
        try:
            found = normalised(self.phone.data or "")
        except NotAContact:
            return ""
        return "" if "@" in found else found

    def validate_phone(self, field: StringField) -> None:
        if not self.mobile:
            raise ValidationError(_l("Enter a mobile number of 11 digits."))

    def validate_birth_date(self, field: Field) -> None:
        said(rules.check_birth_date, field.data, self.today)

    def validate_day(self, field: Field) -> None:
        if field.data and field.data < self.today:
            raise ValidationError(_l("That day has passed."))


class MoveForm(FlaskForm):
    """Another time for a visit."""

    # Whether the time is still free is the scheduler's to say, not the list's that was shown.
    slot = RadioField(
        _l("Time"), [InputRequired(_l("Choose a time."))], coerce=int, validate_choice=False
    )


class CancelForm(FlaskForm):
    """Why a visit is cancelled on behalf of a family."""

    reason = TextAreaField(
        _l("Why? (optional)"),
        [Length(max=300, message=_l("Please keep it to 300 characters."))],
    )


class NoteForm(FlaskForm):
    """What the next shift should know."""

    text = TextAreaField(
        _l("For the next shift"),
        [
            DataRequired(_l("Write something, or leave the page.")),
            Length(max=1000, message=_l("Please keep it to 1000 characters.")),
        ],
        filters=[stripped],
    )
