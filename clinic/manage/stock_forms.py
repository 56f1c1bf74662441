"""What comes to the stock and what leaves it: shape only."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from clinic.i18n import name_of
from clinic.vaccination.catalogue import vaccines

BETWEEN_1_AND_5000 = _l("Between 1 and 5000, please.")
MOST = 5000
TOO_LONG = _l("That is too long.")


def _doses() -> IntegerField:
    return IntegerField(
        _l("Doses"),
        [InputRequired(BETWEEN_1_AND_5000), NumberRange(1, MOST, BETWEEN_1_AND_5000)],
    )


def _required(label: str, most: int) -> StringField:
    return StringField(
        label,
        [DataRequired(_l("Please fill this in.")), Length(max=most, message=TOO_LONG)],
        filters=[lambda text: text.strip() if text else text],
    )


class ReceiveForm(FlaskForm):  # type: ignore[misc]
    """What is written on the box."""

    vaccine = SelectField(_l("Vaccine"))
    manufacturer = _required(_l("Manufacturer"), 80)
    number = _required(_l("Lot number"), 40)
    expires_on = DateField(_l("Expires on"), [InputRequired(_l("Enter a day."))])
    doses = _doses()

    def __init__(self, *args: object, **kw: object) -> None:
        super().__init__(*args, **kw)
        self.vaccine.choices = [SelectChoice(one.code, name_of(one)) for one in vaccines().values()]


class LotForm(FlaskForm):  # type: ignore[misc]
    """A form beside a lot; its fields are named for both."""

    action = ""
    reason = _required(_l("Reason"), 120)

    def __init__(self, lot_id: int, **kw: object) -> None:
        super().__init__(prefix=f"{self.action}-{lot_id}-", **kw)
        self.lot_id = lot_id


class WasteForm(LotForm):
    """So many doses are spoilt."""

    action = "waste"
    doses = _doses()


class RecallForm(LotForm):
    """The lot must not be given any more."""

    action = "recall"
