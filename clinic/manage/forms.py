"""Hours, and a week of sessions: shape only."""

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from wtforms import Field
from wtforms.fields import SelectChoice
from wtforms.validators import ValidationError

from clinic.centres.models import Centre, Practitioner
from clinic.fields import A_TIME, Checkboxes, Day, Form, Select, Time, Whole
from clinic.i18n import name_of, weekday_name

WEEK = 7
WORKDAYS = [0, 1, 2, 3, 4]
DAYS_AHEAD = 60
BETWEEN_5_AND_240 = _l("Between 5 and 240 minutes, please.")
BETWEEN_1_AND_50 = _l("Between 1 and 50, please.")
BETWEEN_0_AND_50 = _l("Between 0 and 50, please.")
A_DAY = _l("Enter a day.")


def people_of(centre: Centre) -> list[SelectChoice]:
    """The centre's clinicians, to choose from."""
    return [SelectChoice(one.id, name_of(one)) for one in centre.practitioners]


def rooms_of(centre: Centre) -> list[SelectChoice]:
    """Its rooms."""
    return [SelectChoice(one.id, name_of(one)) for one in centre.rooms]


def weekday_choices() -> list[SelectChoice]:
    """Monday to Sunday."""
    return [SelectChoice(n, weekday_name(n)) for n in range(WEEK)]


class HoursForm(Form):
    """Who, where, what, on which weekdays and at which hours: what a week and a rule of the rota share."""

    practitioner = Select(_l("Clinician"), ids=True)
    room = Select(_l("Room"), ids=True)
    services = Checkboxes(_l("Services"), required=_l("Choose at least one service."), ids=True)
    weekdays = Checkboxes(
        _l("On these weekdays"), required=_l("Choose at least one weekday."), ids=True
    )
    opens = Time(_l("From"), required=A_TIME)
    closes = Time(_l("Until"), required=A_TIME)
    slot_minutes = Whole(
        _l("Minutes a slot"),
        required=BETWEEN_5_AND_240,
        message=BETWEEN_5_AND_240,
        low=5,
        high=240,
        default=15,
    )
    capacity = Whole(
        _l("Places a slot"),
        required=BETWEEN_1_AND_50,
        message=BETWEEN_1_AND_50,
        low=1,
        high=50,
        default=1,
    )

    def __init__(
        self, *args: object, centre: Centre, of: Practitioner | None = None, **kw: object
    ) -> None:
        super().__init__(*args, **kw)
        self.practitioner.choices = people_of(centre)
        self.room.choices = rooms_of(centre)
        given = [one for one in centre.services if of is None or one in of.services]
        self.services.choices = [SelectChoice(one.id, name_of(one)) for one in given]
        self.weekdays.choices = weekday_choices()


class WeekForm(HoursForm):
    """Sessions of one week, opened at once."""

    first_day = Day(_l("First day"), required=A_DAY)
    weekdays = Checkboxes(
        _l("On these weekdays"),
        required=_l("Choose at least one weekday."),
        ids=True,
        default=WORKDAYS,
    )
    online_capacity = Whole(
        _l("Of these online"),
        required=_l("Enter a number."),
        message=BETWEEN_0_AND_50,
        high=50,
        default=1,
    )

    def __init__(self, *args: object, centre: Centre, today: date, **kw: object) -> None:
        super().__init__(*args, centre=centre, of=None, **kw)
        self.today = today

    def validate_first_day(self, field: Field) -> None:
        if field.data < self.today:
            raise ValidationError(_l("That day has passed."))
        if field.data > self.today + timedelta(days=DAYS_AHEAD):
            raise ValidationError(_l("At most 60 days ahead, please."))

    def days(self) -> list[date]:
        """The chosen weekdays of the seven days from the first day."""
        first: date = self.first_day.data  # type: ignore[assignment]
        week = [first + timedelta(days=n) for n in range(WEEK)]
        return [one for one in week if one.weekday() in (self.weekdays.data or [])]
