"""A week of sessions: shape only."""

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    Field,
    IntegerField,
    SelectField,
    TimeField,
    ValidationError,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, NumberRange

from clinic.booking.forms import Checkboxes
from clinic.centres.models import Centre
from clinic.i18n import name_of, weekday_name

WEEK = 7
WORKDAYS = [0, 1, 2, 3, 4]
DAYS_AHEAD = 60
BETWEEN_5_AND_240 = _l("Between 5 and 240 minutes, please.")
BETWEEN_1_AND_50 = _l("Between 1 and 50, please.")


class WeekForm(FlaskForm):
    """Who, where, what, when."""

    practitioner = SelectField(_l("Clinician"), coerce=int)
    room = SelectField(_l("Room"), coerce=int)
    services = Checkboxes(
        _l("Services"), [InputRequired(_l("Choose at least one service."))], coerce=int
    )
    first_day = DateField(_l("First day"), [InputRequired(_l("Enter a day."))])
    weekdays = Checkboxes(
        _l("On these weekdays"),
        [InputRequired(_l("Choose at least one weekday."))],
        coerce=int,
        default=WORKDAYS,
    )
    opens = TimeField(_l("From"), [InputRequired(_l("Enter a time, as 08:30."))])
    closes = TimeField(_l("Until"), [InputRequired(_l("Enter a time, as 08:30."))])
    slot_minutes = IntegerField(
        _l("Minutes a slot"),
        [InputRequired(BETWEEN_5_AND_240), NumberRange(5, 240, BETWEEN_5_AND_240)],
        default=15,
    )
    capacity = IntegerField(
        _l("Places a slot"),
        [InputRequired(BETWEEN_1_AND_50), NumberRange(1, 50, BETWEEN_1_AND_50)],
        default=1,
    )
    online_capacity = IntegerField(
        _l("Of these online"),
        [InputRequired(_l("Enter a number.")), NumberRange(0, 50, _l("Between 0 and 50, please."))],
        default=1,
    )

    def __init__(self, *args: object, centre: Centre, today: date, **kw: object) -> None:
        super().__init__(*args, **kw)
        self.today = today
        self.practitioner.choices = [
            SelectChoice(one.id, name_of(one)) for one in centre.practitioners
        ]
        self.room.choices = [SelectChoice(one.id, name_of(one)) for one in centre.rooms]
        self.services.choices = [SelectChoice(one.id, name_of(one)) for one in centre.services]
        self.weekdays.choices = [SelectChoice(n, weekday_name(n)) for n in range(WEEK)]

    def validate_first_day(self, field: Field) -> None:
        if field.data and field.data < self.today:
            raise ValidationError(_l("That day has passed."))
        if field.data and field.data > self.today + timedelta(days=DAYS_AHEAD):
            raise ValidationError(_l("At most 60 days ahead, please."))

    def days(self) -> list[date]:
        """The chosen weekdays of the seven days from the first day."""
        first: date = self.first_day.data  # type: ignore[assignment]
        week = [first + timedelta(days=n) for n in range(WEEK)]
        return [one for one in week if one.weekday() in (self.weekdays.data or [])]
