"""The paper booklet, entered by a parent: one date a dose."""

from collections.abc import Sequence
from datetime import date

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts.access import allow, me
from clinic.accounts.kept_forms import NEVER_KEPT
from clinic.accounts.models import Role
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.families.consenting import needs_consent
from clinic.families.models import Child, Sex
from clinic.families.queries import get_child
from clinic.i18n import language, say
from clinic.typed import Errors, day_in, typed_in
from clinic.vaccination.blueprint import bp
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.programme.national import Period
from clinic.vaccination.programme.words import Words, in_words
from clinic.vaccination.record import recording, rules
from clinic.vaccination.record.doubts import doubts, vaccinee
from clinic.vaccination.record.grid import Grid, grid
from clinic.vaccination.record.models import Immunization, Source
from clinic.vaccination.record.rules import Entry
from clinic.web import render, see_other, shown_on


@bp.route("/children/<id:child_id>/booklet", methods=["GET", "POST"])
@allow(Role.PARENT)
@needs_consent
def booklet(child_id: int) -> Response:
    child = get_child(me(), child_id)
    typed = {name: text for name, text in typed_in(request.form).items() if text}
    errors = _save(child, typed) if request.method == "POST" else {}
    if request.method == "POST" and not errors:
        flash(_("Saved."), "success")
        return see_other("vaccination.booklet", child_id=child_id)
    return _page(child, typed, errors)


@bp.post("/children/<id:child_id>/immunizations/<id:immunization_id>/removal", endpoint="removal")
@allow(Role.PARENT)
@shown_on("vaccination.booklet")
def remove(child_id: int, immunization_id: int) -> Response:
    """What else was typed on the page stays on it."""
    child = get_child(me(), child_id)
    sent = typed_in(request.form).items()
    typed = {name: text for name, text in sent if text and name not in NEVER_KEPT}

    def work() -> None:
        row = recording.get_row(child, immunization_id)
        if row.voided_at is None:  # else it is removed already
            recording.withdraw(row, by=me(), now=clock.now())

    try:
        in_one_transaction(work)
    except DomainError as refused:
        return _page(child, typed, {"booklet": say(refused)})
    flash(_("Removed."), "success")
    if typed:
        return _page(child, typed, {})
    return see_other("vaccination.booklet", child_id=child_id)


def _save(child: Child, typed: dict[str, str]) -> Errors:
    """Record what was typed, or say at each field why not."""
    now = clock.now()
    entries, errors = _entries(child, typed)
    if errors:
        return errors
    if not entries:
        return {"booklet": _("Nothing was entered. Enter at least one day.")}
    by = me()
    try:
        in_one_transaction(
            lambda: recording.record(child, entries, by=by, source=Source.BOOKLET, now=now)
        )
    except DomainError as refused:
        return _entries(child, typed)[1] or {"booklet": say(refused)}
    return {}


def _entries(child: Child, typed: dict[str, str]) -> tuple[list[Entry], Errors]:
    """What the fields say, checked against each other and against what is recorded."""
    today = clock.clinic_day(clock.now())
    history = recording.history_of(child.id)
    seen = {(row.vaccine, row.given_on) for row in history}
    entries: list[Entry] = []
    errors: Errors = {}
    for line in _grid(child, history, today).lines:
        on = day_in(typed, line.name, errors)
        if line.name not in typed and f"{line.name}-usual" in typed:
            on = line.usual
        if on is None:
            continue
        try:
            entry = Entry(line.vaccine.code, on, line.number)
            rules.check(entry, child.birth_date, today)
            if (entry.vaccine, entry.given_on) in seen:
                raise rules.GivenTwice
            if line.rows:
                raise recording.DoseRecorded
        except DomainError as refused:
            errors[line.name] = say(refused)
        else:
            seen.add((entry.vaccine, entry.given_on))
            entries.append(entry)
    return entries, errors


def _grid(child: Child, history: Sequence[Immunization], today: date) -> Grid:
    return grid(child.birth_date, child.sex == Sex.FEMALE, history, today)


def _page(child: Child, typed: dict[str, str], errors: Errors) -> Response:
    today = clock.clinic_day(clock.now())
    history = recording.history_of(child.id)
    return render(
        "vaccination/booklet.html",
        status=422 if errors else 200,
        child=child,
        grid=_grid(child, history, today),
        typed=typed,
        errors=errors,
        doubts=doubts(vaccinee(child), history, today),
        vaccines=vaccines(),
        me_id=me().id,
        age_name=_age_name,
        in_reader=_in_reader,
    )


def _age_name(age: Period) -> str:
    return _in_reader(Words(*in_words(age))) if age != Period() else _("At birth")


def _in_reader(sentence: Words) -> str:
    return sentence.en if language() == "en" else sentence.zh
