"""What the clinician's page of a check shows: the fields in words, growth, referral, what is next."""

import json
from collections.abc import Mapping
from datetime import date

from flask import Response
from flask_babel import gettext as _

from clinic import audit, clock
from clinic.accounts.access import me
from clinic.amounts import UNITS, Kind, written
from clinic.booking.on_behalf import free_times
from clinic.checkups.check.case import CheckAtHand
from clinic.checkups.check.forms import EMPTY, Typed, read
from clinic.checkups.due import questions
from clinic.checkups.due.items import ACUITY, groups, in_english
from clinic.checkups.due.next_check import due, window
from clinic.checkups.due.referral import referral
from clinic.checkups.growth.assessing import assessment
from clinic.checkups.growth.charts import Entered, crossed_now
from clinic.checkups.growth.measuring import last_of, months_at
from clinic.clock import clinic_day
from clinic.i18n import name_of, say
from clinic.scheduling.models import Appointment
from clinic.scheduling.references import spoken
from clinic.scheduling.status import Status, status_of
from clinic.sentences import Sentence
from clinic.web import is_htmx, render

LOOKED_AT = 21  # days, as the calendar does
OVER = (Status.CANCELLED, Status.NO_SHOW, Status.DISPLACED)


def show_nothing(appointment: Appointment) -> Response:
    """No check of the schedule is left for this child."""
    _note_read(appointment)
    return render("checkups/no_check.html", appointment=appointment, back="calendar.appointment")


def _note_read(appointment: Appointment) -> None:
    """Whoever looks at a child's record is written down; what follows the typing, now and then."""
    if is_htmx():
        audit.note_once(
            appointment.id,
            "read",
            "children",
            appointment.child_id,
            centre_id=appointment.centre_id,
        )
    else:
        audit.note_read(appointment.child_id, appointment.centre_id)


def show(
    case: CheckAtHand,
    typed: Typed,
    *,
    errors: Mapping[str, Sentence] | None = None,
    refusal: Sentence | None = None,
    taken: tuple[str, ...] | None = None,
) -> Response:
    """The page, or the part that follows the typing.

    `taken`: the fields that somebody else saved meanwhile and that are in the form now (409).
    """
    _note_read(case.appointment)
    reading = read(case.sheet, typed.fields, case.patient, case.on, case.before, case.fields)
    names, signs = names_of(case), questions.signs(case.sheet.check_age)
    return render(
        "checkups/check.html",
        partial="checkups/check/_live.html",
        status=409 if taken is not None else 422 if errors or refusal else 200,
        case=case,
        typed=typed,
        base=json.dumps(dict(typed.base), ensure_ascii=False),
        clashes={
            clash: value_of(case, clash, typed.base.get(clash, "")) for clash in typed.clashes
        },
        taken=None if taken is None else [names[one] for one in taken],
        errors={name: say(sentence) for name, sentence in (errors or {}).items()},
        is_unfinished=any(sentence.message == EMPTY for sentence in (errors or {}).values()),
        asked=reading.questions | dict(errors or {}),
        doubts=reading.doubts,
        refusal=refusal,
        names=names,
        growth=assessment(case.patient, case.on, reading.measured),
        crossed=crossed_now(case.patient, _entered(case), reading.measured),
        sent_on=referral(case.sheet.check_age, reading.found, case.age_months),
        all_clear=signs and all(reading.found.get(sign.code) == "no" for sign in signs),
        in_english=in_english,
        **_around(case),
        **_parts(case),
    )


def _entered(case: CheckAtHand) -> list[Entered]:
    """What was measured before, as the charts read it."""
    return [Entered(n, one, one in case.from_home) for n, one in enumerate(case.before)]


def books(appointment: Appointment, day: date) -> bool | None:
    """Whether one books the next visit oneself, from that day on; None if no time is open then.

    The calendar books only for whom one sees oneself.
    """
    now, days = clock.now(), LOOKED_AT
    if not free_times(appointment.service, appointment.centre, day, now, days=days):
        return None
    return appointment.practitioner.user_id == me().id


def _around(case: CheckAtHand) -> dict[str, object]:
    """The visit, and what comes after it."""
    today = clinic_day(clock.now())
    standing = status_of(case.appointment)
    is_finished = bool(case.check and case.check.finished_at)
    done = [*case.done, case.sheet.check_age.id]
    first, _last = window(case.sheet.check_age, case.patient.birth_date, None)
    real, months = months_at(case.patient, case.on)
    next_check = due(case.patient.birth_date, today, done) if is_finished else None
    next_day = max(today, next_check.due_from or today) if next_check else today
    return {
        "appointment": case.appointment,
        "reference": spoken(case.appointment.booking.reference),
        "standing": standing,
        "is_over": standing in OVER,
        "is_early": case.on > today,
        "corrected": months if months != real else None,
        "from_day": first if first and case.on < first else None,
        "is_finished": is_finished,
        "next_check": next_check,
        "next_day": next_day,
        "books": books(case.appointment, next_day) if next_check and next_check.check_age else None,
    }


def _parts(case: CheckAtHand) -> dict[str, object]:
    """The sections of the form."""
    sheet = case.sheet
    last = {amount: last_of(amount, case.on, case.before) for amount in sheet.amounts}
    grouped = [(group, [f for f in sheet.findings if f.group == group.code]) for group in groups()]
    child, current = case.appointment.child, questions.versions(sheet.check_age).current
    asked = current.asked_of(child.birth_date, child.sex, case.on, by_staff=True)
    return {
        "sheet": sheet,
        "units": {amount: UNITS[amount][0] for amount in sheet.amounts},
        "last": {kind: (one, written(kind, one.amount)) for kind, one in last.items() if one},
        "signs": questions.signs(sheet.check_age),
        "said": [
            (check_question, check_question.option(case.answers.get(check_question.code, "")))
            for check_question in asked
            if check_question.group == questions.DAILY
        ],
        "groups": [
            (group, found)
            for group, found in grouped
            if found or (group.code == "eyes" and sheet.acuity)
        ],
        "acuity": ACUITY if sheet.acuity else (),
    }


def names_of(case: CheckAtHand) -> dict[str, str]:
    """Every field in the reader's language."""
    standing = "height" in case.sheet.check_age.items
    words = {
        Kind.WEIGHT.value: _("Weight"),
        Kind.LENGTH.value: _("Height") if standing else _("Length"),
        Kind.HEAD.value: _("Head circumference"),
        Kind.HAEMOGLOBIN.value: _("Haemoglobin"),
        Kind.TEMPERATURE.value: _("Temperature"),
        "how": _("How it was measured"),
        "acuity-right": _("Sight, right eye"),
        "acuity-left": _("Sight, left eye"),
        "referral": _("Referral"),
        "note": _("Note"),
    }
    words |= {sign.code: name_of(sign, "text") for sign in questions.signs(case.sheet.check_age)}
    for finding in case.sheet.findings:
        words[finding.code] = name_of(finding)
        words[f"{finding.code}-note"] = _("%(name)s: note", name=name_of(finding))
    return words | {topic.code: name_of(topic) for topic in case.sheet.advice}


def value_of(case: CheckAtHand, name: str, value: str) -> str:
    """A field's value in the reader's language."""
    words = {
        "": _("empty"),
        "yes": _("Done"),
        "lying": _("Lying"),
        "standing": _("Standing"),
        "agreed": _("Referred"),
        "declined": _("The family declines"),
    }
    choices = {finding.code: finding.options for finding in case.sheet.findings}
    choices |= {sign.code: sign.options for sign in questions.signs(case.sheet.check_age)}
    for option in choices.get(name, ()):
        if option.value == value:
            return name_of(option)
    free = name == "note" or name.endswith("-note")
    return value if free and value else words.get(value, value)
