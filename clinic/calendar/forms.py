"""What a clinician writes after a visit, and when they ask for leave."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from clinic.fields import Day, Form, Hidden, Note, Select, Text, Time


class OutcomeForm(Form):
    """A note, and which version of the appointment it was written on."""

    note = Note(_l("Note"), most=1000)
    version = Hidden()
    without = BooleanField()  # its label is the service's
    early = BooleanField(_l("The child was seen before its time"))
    left = BooleanField(_l("The child was here, and left before being seen"))


class LeaveForm(Form):
    """From which day to which, or for some hours. Without hours whole days are meant."""

    practitioner = Select(_l("At"), ids=True)
    first_day = Day(_l("First day"), required=_l("Enter a day."))
    last_day = Day(_l("Last day"), required=_l("Enter a day."))
    opens = Time(_l("From"))
    closes = Time(_l("Until"))
    reason = Text(_l("Reason"), most=120)
