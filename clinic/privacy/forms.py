"""The forms by which a family removes a child or closes its account."""

from flask_babel import lazy_gettext as _l

from clinic.fields import Agreed, Form


class RemovalForm(Form):
    understood = Agreed(
        _l("I understand that this cannot be undone."),
        required=_l("Tick the box to go on."),
    )
