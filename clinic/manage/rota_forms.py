"""A rule of the rota, its end, and copies of a week: shape only."""

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, SelectField, TimeField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional

from clinic.booking.forms import Checkboxes
from clinic.centres.models import Centre, Practitioner
from clinic.i18n import name_of, weekday_name
from clinic.manage.forms import BETWEEN_1_AND_50, BETWEEN_5_AND_240, WEEK

A_DAY = _l("Enter a day.")
A_TIME = _l("Enter a time, as 08:30.")
BETWEEN_0_AND_100 = _l("Between 0 and 100, please.")
EVERY = {
    1: _l("Every week"),
    2: _l("Every second week"),
    3: _l("Every third week"),
    4: _l("Every fourth week"),
}


def _day(label: str) -> DateField:
    return DateField(label, [InputRequired(A_DAY)])


def next_monday(today: date) -> date:
    """The Monday after that day."""
    return today + timedelta(days=WEEK - today.weekday())


def _people(centre: Centre) -> list[SelectChoice]:
    return [SelectChoice(one.id, name_of(one)) for one in centre.practitioners]


def _rooms(centre: Centre) -> list[SelectChoice]:
    return [SelectChoice(one.id, name_of(one)) for one in centre.rooms]


def _weekdays() -> list[SelectChoice]:
    return [SelectChoice(n, weekday_name(n)) for n in range(WEEK)]


class RuleForm(FlaskForm):  # type: ignore[misc]
    """Who, where, what, on which weekdays, from which day on."""

    practitioner = SelectField(_l("Clinician"), coerce=int)
    room = SelectField(_l("Room"), coerce=int)
    services = Checkboxes(
        _l("Services"), [InputRequired(_l("Choose at least one service."))], coerce=int
    )
    weekdays = Checkboxes(
        _l("On these weekdays"), [InputRequired(_l("Choose at least one weekday."))], coerce=int
    )
    opens = TimeField(_l("From"), [InputRequired(A_TIME)])
    closes = TimeField(_l("Until"), [InputRequired(A_TIME)])
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
    online_percent = IntegerField(
        _l("Percent open online"),
        [InputRequired(BETWEEN_0_AND_100), NumberRange(0, 100, BETWEEN_0_AND_100)],
        default=100,
    )
    every_weeks = SelectField(_l("How often"), coerce=int, default=1)
    valid_from = _day(_l("First day of these hours"))
    valid_until = DateField(_l("Last day"), [Optional()])

    def __init__(
        self, *args: object, centre: Centre, of: Practitioner | None = None, **kw: object
    ) -> None:
        super().__init__(*args, **kw)
        self.practitioner.choices = _people(centre)
        self.room.choices = _rooms(centre)
        given = [one for one in centre.services if of is None or one in of.services]
        self.services.choices = [SelectChoice(one.id, name_of(one)) for one in given]
        self.weekdays.choices = _weekdays()
        self.every_weeks.choices = [SelectChoice(n, text) for n, text in EVERY.items()]


class EndForm(FlaskForm):  # type: ignore[misc]
    """The last day of a rule."""

    last_day = _day(_l("Last day"))


class CopyWeekForm(FlaskForm):  # type: ignore[misc]
    """All hours of a clinician, for another."""

    source = SelectField(_l("Copy the week of"), coerce=int)
    target = SelectField(_l("For"), coerce=int)
    room = SelectField(_l("Room"), coerce=int)
    first_day = _day(_l("From which day"))

    def __init__(self, *args: object, centre: Centre, **kw: object) -> None:
        super().__init__(*args, prefix="week-", **kw)
        self.source.choices = self.target.choices = _people(centre)
        self.room.choices = _rooms(centre)


class CopyDayForm(FlaskForm):  # type: ignore[misc]
    """A clinician's hours of a weekday, for other weekdays."""

    source = SelectField(_l("Clinician"), coerce=int)
    weekday = SelectField(_l("Copy the hours of"), coerce=int)
    others = Checkboxes(
        _l("To these weekdays"), [InputRequired(_l("Choose at least one weekday."))], coerce=int
    )
    first_day = _day(_l("From which day"))

    def __init__(self, *args: object, centre: Centre, **kw: object) -> None:
        super().__init__(*args, prefix="day-", **kw)
        self.source.choices = _people(centre)
        self.weekday.choices = self.others.choices = _weekdays()
