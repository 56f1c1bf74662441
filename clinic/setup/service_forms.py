"""What is said of a service: shape only."""

import re

from flask_babel import lazy_gettext as _l
from wtforms.fields import SelectChoice
from wtforms.validators import ValidationError

from clinic import amounts
from clinic.fields import Form, Hidden, Note, Select, Text, Whole
from clinic.i18n import gettext
from clinic.outside import a_word
from clinic.services.room import rooms
from clinic.setup.services import ServiceFacts

FILL_IN = _l("Please fill this in.")
A_CODE = _l("Small letters a to z, digits and dashes, please, as health-check.")
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
BETWEEN_5_AND_480 = _l("Between 5 and 480 minutes, please.")
BETWEEN_1_AND_60 = _l("Between 1 and 60 minutes, please.")
MOST_MONTHS = 18 * 12
AN_AGE = _l("A whole number of months from 0 to 216, please.")


class Price(Text):
    """A price in yuan, kept in fen; empty: nothing is said of it."""

    reader = staticmethod(amounts.fen_of)
    empty = None

    def _value(self) -> str:
        if self.raw_data:
            return super()._value()
        return "" if self.data is None else amounts.yuan(self.data)


def _minutes(label: str, low: int, high: int, message: str, default: int) -> Whole:
    return Whole(label, required=message, message=message, low=low, high=high, default=default)


def _months(label: str, default: int) -> Whole:
    return Whole(label, required=AN_AGE, message=AN_AGE, high=MOST_MONTHS, default=default)


class FactsForm(Form):
    """What can be said of a service at any time."""

    name_zh = Text(_l("Name in Chinese"), required=FILL_IN, most=60)
    name_en = Text(_l("Name in English"), required=FILL_IN, most=80)
    about_zh = Note(_l("What it is for, in Chinese"), most=200)
    about_en = Note(_l("What it is for, in English"), most=300)
    bring_zh = Note(_l("What to bring, in Chinese"), most=300)
    bring_en = Note(_l("What to bring, in English"), most=400)
    minutes = _minutes(_l("Minutes"), 5, 480, BETWEEN_5_AND_480, 15)
    hold_minutes = _minutes(_l("Minutes to fill in the form"), 1, 60, BETWEEN_1_AND_60, 10)
    min_age_months = _months(_l("Youngest age, in months"), 0)
    max_age_months = _months(_l("Oldest age, in months"), MOST_MONTHS)
    price_fen = Price(_l("Price in yuan"), most=12)

    def validate_max_age_months(self, field: Whole) -> None:
        """The last age must not lie before the first; the sentence says both."""
        first = self.min_age_months.data
        if first is not None and field.data < first:
            raise ValidationError(
                gettext(
                    "From %(first)s to %(last)s months nobody is of that age. The oldest age must "
                    "not be below the youngest.",
                    first=first,
                    last=field.data,
                )
            )

    def facts(self) -> ServiceFacts:
        """What was typed; the form is valid."""
        names = ServiceFacts.__dataclass_fields__
        return ServiceFacts(**{name: self[name].data for name in names})


class ServiceForm(FactsForm):
    """A service as it was shown, and how many visits outside new ages the reader was told of."""

    version = Hidden(reader=a_word)
    asked_about = Hidden(default=0)


class NewServiceForm(FactsForm):
    """A new service: its kind and code are chosen once."""

    kind = Select(_l("Kind of service"))
    code = Text(_l("Code in files"), required=FILL_IN, most=40)

    def __init__(self, *args: object, **kw: object) -> None:
        super().__init__(*args, **kw)
        self.kind.choices = [SelectChoice(room.kind, gettext(room.title)) for room in rooms()]

    def validate_code(self, field: Text) -> None:
        """A word for addresses and files."""
        if not CODE.fullmatch(field.data):
            raise ValidationError(A_CODE)
