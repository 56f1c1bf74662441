"""The forms of the booking pages: shape only."""

from datetime import date, timedelta

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms.fields import SelectChoice

from clinic.booking.other_part import Other
from clinic.centres.models import Centre, Service
from clinic.families.models import Child
from clinic.fields import Checkboxes, Day, Form, Note, Radio, Select
from clinic.i18n import gettext, name_of, weekday_name
from clinic.scheduling.dayparts import PARTS

WEEK = range(7)
USUALLY = timedelta(days=14)


class ReasonForm(Form):
    reason = Note(_l("Anything the staff should know beforehand? (optional)"), most=300)


def typed_reason() -> str:
    """What is typed already, before there is a time to be confirmed."""
    if "reason" not in request.form:
        return ""
    form = ReasonForm()
    return form.reason.data or "" if form.validate() else ""


class OtherPartForm(ReasonForm):
    """The same, where a part of a visit moves that has another part."""

    other = Radio(required=_l("Choose what becomes of the other part."))


def form_to_confirm(other: Other | None) -> ReasonForm:
    """What is asked before what is held is booked."""
    if other is None:
        return ReasonForm()
    form = OtherPartForm()
    form.other.label.text = other.label
    form.other.choices = [SelectChoice(*choice) for choice in other.choices]
    return form


def choice_of(form: ReasonForm) -> str:
    """What becomes of the other part; empty where there is none."""
    return str(form.other.data) if isinstance(form, OtherPartForm) else ""


class WaitForm(Form):
    """The children who wait, for what, where, and when they could come."""

    children = Checkboxes(_l("Who is it for?"), required=_l("Choose at least one child."), ids=True)
    service = Select(_l("What do you need?"), ids=True)
    centres = Checkboxes(
        _l("Which centres suit you?"), required=_l("Choose at least one centre."), ids=True
    )
    weekdays = Checkboxes(
        _l("On which weekdays?"), required=_l("Choose at least one weekday."), ids=True
    )
    parts = Checkboxes(
        _l("At what time of the day?"), required=_l("Choose at least one part of the day.")
    )
    last_day = Day(_l("Until which day?"), required=_l("Enter a day."))

    def offer(
        self, children: list[Child], services: list[Service], centres: list[Centre], today: date
    ) -> None:
        """Fill in what can be chosen, and what most would choose."""
        self.children.choices = [SelectChoice(child.id, child.name) for child in children]
        self.service.choices = [SelectChoice(service.id, name_of(service)) for service in services]
        self.centres.choices = [SelectChoice(centre.id, name_of(centre)) for centre in centres]
        self.weekdays.choices = [SelectChoice(one, weekday_name(one)) for one in WEEK]
        self.parts.choices = [SelectChoice(code, gettext(name)) for code, name in PARTS.items()]
        if not self.is_submitted():
            self.children.data = [child.id for child in children[:1]]
            self.centres.data = [centre.id for centre in centres]
            self.weekdays.data = list(WEEK)
            self.parts.data = list(PARTS)
            self.last_day.data = today + USUALLY
