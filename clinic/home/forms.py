"""The form of the page of parts: a field of every kind."""

from flask_babel import lazy_gettext as _l
from wtforms.fields import SelectChoice

from clinic.fields import Agreed, Checkboxes, Day, Form, Name, Note, Radio, Select, Whole

KINDS = [SelectChoice("a", _l("Morning")), SelectChoice("b", _l("Afternoon"))]


class Sample(Form):
    """Filled in by nobody: it is shown empty, and as it comes back when nothing was filled in."""

    name = Name(_l("Name"), required=_l("Please fill this in."))
    day = Day(_l("Day"), required=_l("Please fill this in."))
    weight = Whole(_l("Weight at birth"), required=_l("Please fill this in."))
    part = Select(_l("Time of day"), choices=KINDS)
    one_part = Radio(_l("Time of day"), choices=KINDS)
    parts = Checkboxes(_l("Time of day"), choices=KINDS)
    note = Note(_l("Note"), required=_l("Please fill this in."), most=300)
    agreed = Agreed(
        _l("I have read the privacy notice and agree to it."),
        required=_l("Please agree to the privacy notice to go on."),
    )
