"""Hours, and a week of sessions: shape only."""

from datetime import date, time, timedelta

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field
from wtforms.fields import SelectChoice
from wtforms.validators import ValidationError

from clinic.centres.doors import hours_on, shut_on
from clinic.centres.models import Centre, Practitioner
from clinic.centres.queries import offered_at
from clinic.centres.retired import in_use
from clinic.fields import A_TIME, Checkboxes, Day, Form, Select, Time, Whole
from clinic.i18n import gettext, name_of, weekday_name
from clinic.sentences import mark

WEEK = 7
WORKDAYS = [0, 1, 2, 3, 4]
DAYS_AHEAD = 60
BETWEEN_5_AND_240 = _l("Between 5 and 240 minutes, please.")
BETWEEN_1_AND_50 = _l("Between 1 and 50, please.")
BETWEEN_0_AND_100 = _l("Between 0 and 100, please.")
A_DAY = _l("Enter a day.")
OUTSIDE = mark("This is outside the opening hours (%(hours)s).")


def people_of(centre: Centre, day: date) -> list[SelectChoice]:
    """The centre's clinicians, to choose from on that day."""
    people = in_use(centre.practitioners, day)
    return [SelectChoice(practitioner.id, name_of(practitioner)) for practitioner in people]


def rooms_of(centre: Centre, day: date) -> list[SelectChoice]:
    """Its rooms."""
    return [SelectChoice(room.id, name_of(room)) for room in in_use(centre.rooms, day)]


def weekday_choices() -> list[SelectChoice]:
    """Monday to Sunday."""
    return [SelectChoice(n, weekday_name(n)) for n in range(WEEK)]


def outside_hours(centre: Centre, weekdays: list[int], opens: time, closes: time) -> str:
    """What is asked where hours lie outside the opening hours of the centre; empty if they do not."""
    shut = shut_on(centre.opening_hours, weekdays, opens, closes)
    if not shut:
        return ""
    said = [f"{weekday_name(day)} {_open_on(centre, day)}" for day in shut]
    return gettext(OUTSIDE, hours=gettext(", ").join(said))


def _open_on(centre: Centre, weekday: int) -> str:
    spans = [
        f"{span.opens:%H:%M}–{span.closes:%H:%M}"
        for span in hours_on(centre.opening_hours, weekday)
    ]
    return " ".join(spans) or gettext("closed")


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
    keep = BooleanField(_l("Keep these hours all the same"))
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
        self,
        *args: object,
        centre: Centre,
        today: date,
        of: Practitioner | None = None,
        **kw: object,
    ) -> None:
        super().__init__(*args, **kw)
        self.centre, self.today, self.is_outside = centre, today, False
        self.practitioner.choices = people_of(centre, today)
        self.room.choices = rooms_of(centre, today)
        offered = offered_at(centre.id, today)
        given = [service for service in offered if of is None or service in of.services]
        self.services.choices = [SelectChoice(service.id, name_of(service)) for service in given]
        self.weekdays.choices = weekday_choices()

    def validate_opens(self, field: Field) -> None:
        """Hours outside the opening hours are asked about, unless they are what is so already."""
        hours = (self.weekdays, self.opens, self.closes)
        if self.closes.data is None or all(one.data == one.object_data for one in hours):
            return
        asked = outside_hours(
            self.centre, self.weekdays.data or [], self.opens.data, self.closes.data
        )
        self.is_outside = bool(asked)
        if asked and not self.keep.data:
            raise ValidationError(asked)


class WeekForm(HoursForm):
    """Sessions of one week, opened at once."""

    first_day = Day(_l("First day"), required=A_DAY)
    weekdays = Checkboxes(
        _l("On these weekdays"),
        required=_l("Choose at least one weekday."),
        ids=True,
        default=WORKDAYS,
    )
    online_percent = Whole(
        _l("Percent open online"),
        required=BETWEEN_0_AND_100,
        message=BETWEEN_0_AND_100,
        high=100,
        default=100,
    )

    def validate_first_day(self, field: Field) -> None:
        if field.data < self.today:
            raise ValidationError(_l("That day has passed."))
        if field.data > self.today + timedelta(days=DAYS_AHEAD):
            raise ValidationError(_l("At most 60 days ahead, please."))

    def days(self) -> list[date]:
        """The chosen weekdays of the seven days from the first day."""
        first: date = self.first_day.data  # type: ignore[assignment]
        week = [first + timedelta(days=n) for n in range(WEEK)]
        return [day for day in week if day.weekday() in (self.weekdays.data or [])]
