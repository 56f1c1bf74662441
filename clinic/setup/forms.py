"""Forms of set-up: shape only."""

from datetime import datetime, time

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field
from wtforms.validators import ValidationError

from clinic.centres import typed_facts
from clinic.centres.districts import all_districts
from clinic.clock import at, local
from clinic.fields import A_DAY, A_TIME, Day, Form, Note, Select, Text, Time, Whole
from clinic.i18n import language


class CentreForm(Form):
    """What a centre says of itself."""

    name_zh = Text(_l("Name in Chinese"), required=_l("Enter the name."), most=80)
    name_en = Text(_l("Name in English"), required=_l("Enter the name in English."), most=120)
    code = Text(
        _l("Address on this site"),
        required=_l("Enter a short address, as zhaohui."),
        reader=typed_facts.centre_code,
        most=typed_facts.LONGEST_CODE,
    )
    district = Select(_l("District"), required=_l("Choose the district."))
    address_zh = Text(_l("Street address in Chinese"), required=_l("Enter the address."), most=120)
    address_en = Text(
        _l("Street address in English"), required=_l("Enter the address in English."), most=160
    )
    place = Text(_l("Latitude, longitude"), reader=typed_facts.place, most=60)
    phone = Text(
        _l("Telephone"),
        required=_l("Enter the telephone number."),
        reader=typed_facts.phone,
        most=30,
    )
    about_zh = Text(_l("About the centre, in Chinese"), most=300)
    about_en = Text(_l("About the centre, in English"), most=400)
    parking_zh = Text(_l("Parking, in Chinese"), most=200)
    parking_en = Text(_l("Parking, in English"), most=300)
    map_url = Text(_l("Link to a map"), reader=typed_facts.secure_address, most=300)
    is_wheelchair_accessible = BooleanField(_l("A wheelchair or a pram gets everywhere"))

    def __init__(self, **kw: object) -> None:
        super().__init__(**kw)
        self.district.choices = [
            (district.name_zh, district.name_zh if language() == "zh" else district.name_en)
            for district in all_districts()
        ]

    def facts(self) -> dict[str, object]:
        """What was typed, as `founding` takes it. Without a place it is the district's middle."""
        found = {name: field.data for name, field in self._fields.items() if name != "place"}
        if self.place.data and not self.place.raw_data:
            return found  # it was not sent, and stays as it is
        latitude, longitude = self.place.data or typed_facts.middle_of(str(self.district.data))
        return found | {"latitude": latitude, "longitude": longitude}


class RoomForm(Form):
    """A room of a centre."""

    name_zh = Text(_l("Name in Chinese"), required=_l("Enter the name."), most=60)
    name_en = Text(_l("Name in English"), required=_l("Enter the name in English."), most=80)
    stations = Whole(
        _l("Places in it"),
        low=1,
        high=50,
        required=_l("Enter a number from 1 to 50."),
        message=_l("Enter a number from 1 to 50."),
    )
    is_fever_room = BooleanField(_l("For children with a fever, apart from the others"))
    is_wheelchair_accessible = BooleanField(_l("A wheelchair or a pram gets in"))

    def facts(self) -> dict[str, object]:
        """What was typed, as `centres.rooms` takes it."""
        return {name: field.data for name, field in self._fields.items()}


class AnnouncementForm(Form):
    """What a centre announces, from when to when."""

    text_zh = Note(_l("In Chinese"), required=_l("Enter what families should know."), most=300)
    text_en = Note(_l("In English"), most=400)
    first_day = Day(_l("From"), required=A_DAY)
    first_time = Time(_l("From what time"), required=A_TIME)
    last_day = Day(_l("Until"), required=A_DAY)
    last_time = Time(_l("Until what time"), required=A_TIME)

    def __init__(self, *, now: datetime, **kw: object) -> None:
        begins = local(now)
        usual = {"first_day": begins.date(), "first_time": begins.time()}
        usual |= {"last_day": begins.date(), "last_time": time(23, 59)}
        super().__init__(**usual | kw)
        self.now = now

    def spell(self) -> tuple[datetime, datetime]:
        """From when to when."""
        return (
            at(self.first_day.data, self.first_time.data),
            at(self.last_day.data, self.last_time.data),
        )

    def validate_last_time(self, field: Field) -> None:
        if None in (self.first_day.data, self.first_time.data, self.last_day.data):
            return
        starts_at, ends_at = self.spell()
        if ends_at <= starts_at:
            raise ValidationError(_l("It ends before it begins."))
        if ends_at <= self.now:
            raise ValidationError(_l("That moment is over."))


class PictureForm(Form):
    """What a picture shows."""

    alt_zh = Text(_l("What it shows, in Chinese"), required=_l("Say what it shows."), most=120)
    alt_en = Text(_l("What it shows, in English"), required=_l("Say what it shows."), most=160)
