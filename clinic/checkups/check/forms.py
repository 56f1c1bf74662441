"""What a clinician typed into a check: read, refused, asked about. Pure.

A check is a mapping of fields to texts (see `items.CheckSheet.fields`). A number that is refused stands
in `errors`; one that could be right but probably is not in `doubts`, until `sure-<field>` says so.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from clinic import plain
from clinic.amounts import How, Kind, NotANumber, OutOfRange, amount_of
from clinic.checkups.due.items import ACUITY, CheckSheet
from clinic.checkups.due.questions import signs
from clinic.checkups.due.referral import referral
from clinic.checkups.growth.measuring import Doubt, Measured, Patient, doubt_about, slip_in
from clinic.outside import an_id, an_object
from clinic.sentences import mark

# Decimal (0.1 to 2.0) or five-mark (4.0 to 5.3) notation; the form only, not what is normal.
SIGHT = re.compile(r"0\.\d{1,2}|1\.\d|2\.0|4\.\d|5\.[0-3]")
LONGEST = 300  # characters of a note on a finding
LONGEST_NOTE = 1000
LONGEST_SHOWN = 20_000  # of what was typed, shown again
EMPTY = mark("Still empty.")


@dataclass
class TypedCheck:
    """What the fields say."""

    measured: dict[Kind, Measured] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    errors: dict[str, Doubt] = field(default_factory=dict)
    doubts: dict[str, Doubt] = field(default_factory=dict)

    @property
    def questions(self) -> dict[str, Doubt]:
        """All that stands in the way of saving, by field."""
        return self.doubts | self.errors


def read(
    sheet: CheckSheet,
    typed: Mapping[str, str],
    patient: Patient,
    on: date,
    before: Sequence[Measured],
    saved: Mapping[str, str],
) -> TypedCheck:
    """Everything that was typed. What is on record already is not asked about again."""
    reading = TypedCheck()
    for kind in sheet.amounts:
        name, text = kind.value, typed.get(kind.value, "")
        if text:
            how = _how(typed) if kind is Kind.LENGTH else None
            if kind is Kind.LENGTH and how is None:
                reading.errors["how"] = Doubt(mark("Choose how the child was measured."), {})
            one = _amount(reading, kind, text, how, patient, on)
            is_sure = text in (saved.get(name), typed.get(f"sure-{name}"))
            if one and not is_sure and (doubt := doubt_about(text, one, patient, before)):
                reading.doubts[name] = doubt
    _read_found(reading, sheet, typed)
    return reading


def _how(typed: Mapping[str, str]) -> How | None:
    return next((how for how in How if how.value == typed.get("how")), None)


def _amount(
    reading: TypedCheck, kind: Kind, text: str, how: How | None, patient: Patient, on: date
) -> Measured | None:
    """The amount, or why it is refused, in the reading."""
    try:
        one = Measured(on, kind, amount_of(kind, text), how)
    except (NotANumber, OutOfRange) as refused:
        said = slip_in(text, kind, patient, on) or Doubt(refused.message, dict(refused.params))
        reading.errors[kind.value] = said
        return None
    reading.measured[kind] = one
    return one


def _read_found(reading: TypedCheck, sheet: CheckSheet, typed: Mapping[str, str]) -> None:
    """Findings, signs, advice and notes: of choices only what can be chosen."""
    choices = {finding.code: [each.value for each in finding.options] for finding in sheet.findings}
    choices |= {sign.code: ["no", "yes"] for sign in signs(sheet.check_age)}
    choices |= {topic.code: ["yes"] for topic in sheet.advice}
    choices["referral"] = ["agreed", "declined"]
    amounts = {"how", *(amount.value for amount in sheet.amounts)}
    for name in sheet.fields:
        text = typed.get(name, "")
        if name in amounts or not text:
            continue
        longest = LONGEST_NOTE if name == "note" else LONGEST
        try:
            text = plain.signs(text).replace("。", ".") if name in ACUITY else plain.note(text)
        except plain.HiddenSigns as hidden:
            reading.errors[name] = Doubt(hidden.message, {})
            continue
        if name in choices and text not in choices[name]:
            reading.errors[name] = Doubt(mark("Choose one of these."), {})
        elif name in ACUITY and not SIGHT.fullmatch(text):
            reading.errors[name] = Doubt(mark("Enter it as 0.8 or as 4.9."), {})
        elif len(text) > longest:
            reading.errors[name] = Doubt(
                mark("Please keep it to %(number)s characters."), {"number": longest}
            )
        else:
            reading.found[name] = text


def unfinished(
    sheet: CheckSheet, typed: Mapping[str, str], found: Mapping[str, str], age_months: int
) -> dict[str, Doubt]:
    """What is still to be done before the check is finished, by field.

    `incomplete` says that some of it could not be done; the note then says why. `age_months`:
    completed months, for the tools of the second screen.
    """
    missing: dict[str, Doubt] = {}
    if typed.get("incomplete") != "yes":
        missing = {name: Doubt(EMPTY, {}) for name in sheet.required if not typed.get(name)}
    elif not typed.get("note"):
        missing["note"] = Doubt(mark("Say in the note what could not be done, and why."), {})
    for finding in sheet.findings:
        if found.get(finding.code) == "abnormal" and not found.get(f"{finding.code}-note"):
            missing[f"{finding.code}-note"] = Doubt(mark("Write down the result."), {})
    if referral(sheet.check_age, found, age_months) and not found.get("referral"):
        missing["referral"] = Doubt(mark("Say whether the child is referred."), {})
    return missing


@dataclass(frozen=True)
class Typed:
    """A page that was sent: its fields, what it showed (`base`, of that version), what is wanted.

    `clashes`: fields whose value in `base` somebody else saved meanwhile, shown beside mine.
    """

    fields: Mapping[str, str]
    base: Mapping[str, str]
    version: int
    action: str = "look"
    clashes: tuple[str, ...] = ()


def typed_of(form: Mapping[str, str], sheet: CheckSheet, answers: Mapping[str, str]) -> Typed:
    """What was sent, after the one tap that it may stand for.

    `accept-<field>`: the number that was meant; `take-<field>`: what the other one saved; action
    "answers": the family's answers where the signs are still empty.
    """
    extra = ("incomplete", *(f"sure-{amount.value}" for amount in sheet.amounts))
    fields = {one: _clean(form.get(one, "")) for one in (*sheet.fields, *extra)}
    shown = an_object(form.get("base"))
    base = {field: shown[field] for field in sheet.fields if shown.get(field)}
    action = form.get("action", "save")
    clashes = [one for one in form.get("clashes", "").split(",") if one in sheet.fields]
    for name in sheet.fields:
        if accepted := form.get(f"accept-{name}"):
            fields[name] = _clean(accepted)
            action = "look" if clashes else "save"
        if f"take-{name}" in form:
            fields[name] = base.get(name, "")
            action, clashes = "look", [clash for clash in clashes if clash != name]
    if action == "answers":
        for sign in signs(sheet.check_age):
            said = answers.get(sign.code)
            fields[sign.code] = fields[sign.code] or (said if said in ("yes", "no") else "")
    version = an_id(form.get("version")) or 0
    return Typed(fields, base, version, action, tuple(clashes))


def _clean(text: str) -> str:
    return text.strip().replace("\r\n", "\n")[:LONGEST_SHOWN]
