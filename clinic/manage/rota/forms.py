"""A rule of the rota, its end, and copies of a week: shape only."""

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from wtforms.fields import SelectChoice

from clinic.centres.models import Centre, Practitioner
from clinic.fields import Checkboxes, Day, Form, Select, Whole
from clinic.manage.forms import A_DAY, WEEK, HoursForm, people_of, rooms_of, weekday_choices

BETWEEN_0_AND_100 = _l("Between 0 and 100, please.")
EVERY = {
    1: _l("Every week"),
    2: _l("Every second week"),
    3: _l("Every third week"),
    4: _l("Every fourth week"),
}


def _day(label: str) -> Day:
    return Day(label, required=A_DAY)


def next_monday(today: date) -> date:
    """The Monday after that day."""
    return today + timedelta(days=WEEK - today.weekday())


class RuleForm(HoursForm):
    """Hours of every week, or of every n-th, from which day on."""

    online_percent = Whole(
        _l("Percent open online"),
        required=BETWEEN_0_AND_100,
        message=BETWEEN_0_AND_100,
        high=100,
        default=100,
    )
    every_weeks = Select(_l("How often"), ids=True, default=1)
    valid_from = _day(_l("First day of these hours"))
    valid_until = Day(_l("Last day"))

    def __init__(
        self,
        *args: object,
        centre: Centre,
        today: date,
        of: Practitioner | None = None,
        **kw: object,
    ) -> None:
        super().__init__(*args, centre=centre, today=today, of=of, **kw)
        self.every_weeks.choices = [SelectChoice(n, text) for n, text in EVERY.items()]


class EndForm(Form):
    """The last day of a rule."""

    last_day = _day(_l("Last day"))


class CopyWeekForm(Form):
    """All hours of a clinician, for another."""

    source = Select(_l("Copy the week of"), ids=True)
    target = Select(_l("For"), ids=True)
    room = Select(_l("Room"), ids=True)
    first_day = _day(_l("From which day"))

    def __init__(self, *args: object, centre: Centre, today: date, **kw: object) -> None:
        super().__init__(*args, prefix="week-", **kw)
        self.source.choices = self.target.choices = people_of(centre, today)
        self.room.choices = rooms_of(centre, today)


class CopyDayForm(Form):
    """A clinician's hours of a weekday, for other weekdays."""

    source = Select(_l("Clinician"), ids=True)
    weekday = Select(_l("Copy the hours of"), ids=True)
    others = Checkboxes(
        _l("To these weekdays"), required=_l("Choose at least one weekday."), ids=True
    )
    first_day = _day(_l("From which day"))

    def __init__(self, *args: object, centre: Centre, today: date, **kw: object) -> None:
        super().__init__(*args, prefix="day-", **kw)
        self.source.choices = people_of(centre, today)
        self.weekday.choices = self.others.choices = weekday_choices()
