"""Forms of the desk: shape only."""

import re
from collections.abc import Sequence
from datetime import date

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field
from wtforms.fields import SelectChoice
from wtforms.validators import ValidationError

from clinic.accounts.contacts import NotAContact, mobile
from clinic.centres.models import Service
from clinic.families import rules
from clinic.families.forms import RELATIONS, SEXES, said
from clinic.fields import Agreed, Day, Form, Hidden, Name, Note, Radio, Select, Text
from clinic.i18n import clock_time, name_of
from clinic.scheduling.day.attendance import WRONG_CHECK_IN
from clinic.scheduling.models import Appointment, Channel
from clinic.scheduling.verdict.requirements import PurposeChoice
from clinic.scheduling.verdict.rules import Objection
from clinic.scheduling.verdict.slot_times import SlotTime
from clinic.services.room import PurposeTexts

KEY = re.compile(r"[A-Za-z0-9_-]{8,40}")


def key_of(typed: str) -> str | None:
    """The key of a form that is sent once, as its page made it."""
    return typed if KEY.fullmatch(typed) else None


def mobile_of(typed: str) -> str | None:
    """A mobile number as it is kept."""
    try:
        return mobile(typed)
    except NotAContact:
        return None


class WalkInForm(Form):
    """A family at the desk or on the phone, with or without an account."""

    key = Hidden(reader=key_of)
    channel = Radio(
        _l("The family is"),
        choices=[
            SelectChoice(Channel.DESK.value, _l("at the desk")),
            SelectChoice(Channel.PHONE.value, _l("on the phone")),
        ],
        default=Channel.DESK.value,
    )
    phone = Text(
        _l("Guardian's mobile number"),
        required=_l("Enter the guardian's mobile number."),
        reader=mobile_of,
        message=_l("Enter a mobile number of 11 digits."),
    )
    guardian = Name(_l("Guardian's name"), required=_l("Enter the guardian's name."))
    relation = Select(_l("Guardian is the child's"), choices=RELATIONS)
    name = Name(_l("Child's name"), required=_l("Enter the child's name."))
    sex = Radio(_l("Sex"), required=_l("Choose one."), choices=SEXES)
    birth_date = Day(
        _l("Date of birth"),
        required=_l("Enter the date of birth, as 2025-03-01."),
        message=_l("Enter the date of birth, as 2025-03-01."),
    )
    agreed = Agreed(
        _l(
            "The guardian has been informed of the privacy notice and the rule for children, and agrees."
        ),
        required=_l("Without the guardian's consent nothing may be stored."),
    )
    service = Select(_l("Service"), ids=True)
    day = Day(_l("Day"), required=_l("Enter a day."))
    # Whether the time is still free is the scheduler's to say, not the list's that was shown.
    slot = Radio(_l("Time"), required=_l("Choose a time."), ids=True, check=False)
    without = BooleanField(_l("Reserve nothing: the family comes with a question"))
    arrived = BooleanField(_l("The child is here: check in now"), default=True)

    def __init__(
        self, *args: object, today: date, services: Sequence[Service], **kw: object
    ) -> None:
        super().__init__(*args, **kw)
        self.today = today
        self.service.choices = [SelectChoice(service.id, name_of(service)) for service in services]
        self.slot.choices = []
        self.why: Objection | None = None  # nothing is free
        self.purposes: PurposeTexts | None = None  # of the service, if it has such
        # Of a child that is known: what the visit can be for, and what stands against that.
        self.child_id = 0
        self.lines: Sequence[PurposeChoice] = ()
        self.objection = ""
        self.in_the_way: Sequence[Appointment] = ()

    def offer(self, slot_times: Sequence[SlotTime], names: dict[int, str]) -> None:
        """The free times that may be chosen."""
        self.slot.choices = [
            SelectChoice(
                slot_time.slot_id,
                f"{clock_time(slot_time.starts_at)} {names[slot_time.practitioner_id]}",
            )
            for slot_time in slot_times
        ]

    def validate_birth_date(self, field: Field) -> None:
        said(rules.check_birth_date, field.data, self.today)

    def validate_day(self, field: Field) -> None:
        if field.data < self.today:
            raise ValidationError(_l("That day has passed."))


class CorrectionForm(Form):
    """Why a check-in is taken back after all."""

    reason = Radio(
        _l("Why was it wrong?"),
        required=_l("Choose one."),
        choices=[SelectChoice(key, _l(text)) for key, text in WRONG_CHECK_IN.items()],
    )


class CancelForFamilyForm(Form):
    """Why a visit is cancelled on behalf of a family."""

    other = BooleanField(_l("Cancel the other part of this visit too"))
    reason = Note(_l("Why? (optional)"), most=300)


class NoteForm(Form):
    """What the next shift should know."""

    text = Note(
        _l("For the next shift"), required=_l("Write something, or leave the page."), most=1000
    )
