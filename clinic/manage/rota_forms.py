"""A rule of the rota, its end, and copies of a week: shape only."""

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, SelectField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional

from clinic.booking.forms import Checkboxes
from clinic.centres.models import Centre, Practitioner
from clinic.manage.forms import A_DAY, WEEK, HoursForm, people_of, rooms_of, weekday_choices

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


class RuleForm(HoursForm):
    """Hours of every week, or of every n-th, from which day on."""

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
        super().__init__(*args, centre=centre, of=of, **kw)
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
        self.source.choices = self.target.choices = people_of(centre)
        self.room.choices = rooms_of(centre)


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
        self.source.choices = people_of(centre)
        self.weekday.choices = self.others.choices = weekday_choices()
