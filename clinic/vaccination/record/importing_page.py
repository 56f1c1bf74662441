"""Staff import a CSV file of given doses: first what each row becomes, then all of them or none."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from flask import Response, flash, request
from flask_babel import gettext as _
from sqlalchemy import delete, select

from clinic import audit, clock
from clinic.accounts.access import allow, me
from clinic.accounts.models import Person
from clinic.accounts.rights import Deed, centres_for
from clinic.audit.looks import Seen
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.families.reconciling import reconciled
from clinic.i18n import say
from clinic.outside import id_of
from clinic.plain import name_keys
from clinic.scheduling.models import Appointment
from clinic.vaccination.blueprint import bp
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.record import importing, recording
from clinic.vaccination.record.files import (
    COLUMNS,
    FileRow,
    rows_of,
    text_of,
)
from clinic.vaccination.record.importing import Judged
from clinic.vaccination.record.models import ImportDraft, Source
from clinic.vaccination.record.rules import Entry
from clinic.web import render, see_other

KEPT = timedelta(days=1)  # a draft names children: the next upload of anybody deletes older ones
SHOWN = 200  # rows of a preview


@bp.route("/import", endpoint="importing", methods=["GET", "POST"])
@allow(Deed.IMMUNIZE)
def upload() -> Response:
    """The form; with a file, what its rows would become."""
    if request.method != "POST":
        return render("vaccination/importing.html", error="", draft=None, columns=COLUMNS)
    file, by, now = request.files.get("file"), me(), clock.now()
    in_one_transaction(lambda: _forget(now))
    try:
        text = text_of(file.read() if file else b"")
        rows = rows_of(text)
    except DomainError as fault:
        return _refused(say(fault))
    judged = judge(rows, by, clinic_day(now))
    centre_id = min(centres_for(by, Deed.IMMUNIZE))
    audit.note_list("import", [Seen(row.child_id, centre_id) for row in judged if row.child_id])
    faults = [row for row in judged if row.fault]
    draft = None if faults else in_one_transaction(lambda: _keep(text, by, now))
    return render(
        "vaccination/importing.html",
        status=422 if faults else 200,
        error="",
        draft=draft,
        columns=COLUMNS,
        faults=faults[:SHOWN],
        fault_count=len(faults),
        rows=judged[:SHOWN],
        count=len(judged),
        new=sum(row.entry is not None and not row.is_known for row in judged),
        vaccines=vaccines(),
    )


def _refused(error: str) -> Response:
    return render(
        "vaccination/importing.html",
        status=422,
        error=error,
        draft=None,
        columns=COLUMNS,
    )


def _forget(now: datetime) -> None:
    """Delete whatever anybody left lying for longer than a day: it names children."""
    db.session.execute(delete(ImportDraft).where(ImportDraft.made_at < now - KEPT))


def _keep(text: str, by: Person, now: datetime) -> ImportDraft:
    """The file, until it is imported; a new one takes the place of what the user left lying."""
    for old in db.session.scalars(select(ImportDraft).where(ImportDraft.by_id == by.id)):
        db.session.delete(old)
    row = ImportDraft(by_id=by.id, text=text, made_at=now)
    db.session.add(row)
    db.session.flush()
    return row


@bp.post("/import/rows", endpoint="import_rows")
@allow(Deed.IMMUNIZE)
def do() -> Response:
    """Import what was shown: all of it, or nothing."""
    number, by, now = id_of(request.form, "draft"), me(), clock.now()
    try:
        count = in_one_transaction(lambda: _import(number, by=by, now=now))
    except DomainError as refused:
        return _refused(say(refused))
    if count is None:
        return _refused(_("This file was imported already, or another one was chosen since."))
    flash(_("%(count)s doses are imported.", count=count), "success")
    return see_other("vaccination.importing")


def _import(number: int | None, *, by: Person, now: datetime) -> int | None:
    """Record the draft's rows. None if there is no such draft of this user; the first fault is raised."""
    query = select(ImportDraft).where(
        ImportDraft.id == number, ImportDraft.by_id == by.id, ImportDraft.made_at >= now - KEPT
    )
    draft = db.session.scalar(query.with_for_update())
    if draft is None:
        return None
    judged = judge(rows_of(draft.text), by, clinic_day(now))
    if fault := next((row.fault for row in judged if row.fault), None):
        raise fault
    count = 0
    by_child: dict[int, list[tuple[FileRow, Entry]]] = defaultdict(list)
    for one in judged:
        if one.child_id and one.entry and not one.is_known:
            by_child[one.child_id].append((one.row, one.entry))
    with reconciled(by_child.keys(), by=by, now=now):
        for child_id in sorted(by_child):
            child, pairs = db.session.get_one(Child, child_id), by_child[child_id]
            entries = [entry for _row, entry in pairs]
            made = recording.add(child, entries, by=by, source=Source.IMPORT, now=now)
            for saved, (row, _entry) in zip(made, pairs, strict=True):
                saved.lot_number = importing.lot_of(row.cells.get("lot", ""))
                saved.manufacturer = importing.manufacturer_of(row.cells.get("manufacturer", ""))
            count += len(made)
    audit.record("import", draft, by=by.id, now=now, rows=count)
    db.session.delete(draft)
    db.session.flush()
    return count


def judge(rows: Sequence[FileRow], by: Person, today: date) -> list[Judged]:
    """The rows, against the children who have a visit at this user's centres. Two queries."""
    theirs = select(Appointment.child_id).where(
        Appointment.centre_id.in_(centres_for(by, Deed.IMMUNIZE))
    )
    by_birthday: dict[tuple[str, date], list[int]] = defaultdict(list)
    for child_id, name, born in db.session.execute(
        select(Child.id, Child.name, Child.birth_date).where(Child.id.in_(theirs))
    ):
        for key in name_keys(name):
            by_birthday[key, born].append(child_id)
    wanted = {key for row in rows for key in name_keys(row.cells["name"])}
    ids = {
        child_id
        for (key, _born), children in by_birthday.items()
        if key in wanted
        for child_id in children
    }
    known = {
        (row.child_id, row.vaccine, row.given_on)
        for history in recording.histories_of(ids).values()
        for row in history
    }

    def child_of(name: str, born: date) -> Collection[int]:
        keys = name_keys(name)
        return {child_id for key in keys for child_id in by_birthday.get((key, born), [])}

    return importing.judge(rows, child_of, known, today)
