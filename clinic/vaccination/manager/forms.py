"""What comes to the stock and what leaves it: shape only."""

from flask_babel import lazy_gettext as _l
from wtforms.fields import SelectChoice

from clinic import plain
from clinic.fields import Day, Form, Select, Text, Whole
from clinic.i18n import name_of
from clinic.vaccination.programme.catalogue import vaccines

BETWEEN_1_AND_5000 = _l("Between 1 and 5000, please.")
MOST = 5000
FILL_IN = _l("Please fill this in.")


def _doses() -> Whole:
    return Whole(
        _l("Doses"), required=BETWEEN_1_AND_5000, message=BETWEEN_1_AND_5000, low=1, high=MOST
    )


class ReceiveForm(Form):
    """What is written on the box."""

    vaccine = Select(_l("Vaccine"))
    manufacturer = Text(_l("Manufacturer"), required=FILL_IN, most=80)
    number = Text(_l("Lot number"), required=FILL_IN, most=40, reader=plain.number_of_a_lot)
    expires_on = Day(_l("Expires on"), required=_l("Enter a day."))
    doses = _doses()

    def __init__(self, *args: object, **kw: object) -> None:
        super().__init__(*args, **kw)
        self.vaccine.choices = [
            SelectChoice(vaccine.code, name_of(vaccine)) for vaccine in vaccines().values()
        ]


class WasteForm(Form):
    """So many doses of a lot are spoilt. It stands beside the lot, and its fields are named for it."""

    doses = _doses()
    reason = Text(_l("Reason"), required=FILL_IN, most=120)

    def __init__(self, lot_id: int, **kw: object) -> None:
        super().__init__(prefix=f"waste-{lot_id}-", **kw)
        self.lot_id = lot_id


class RecallForm(Form):
    """The lot must not be given any more."""

    reason = Text(_l("Reason"), required=FILL_IN, most=120)
