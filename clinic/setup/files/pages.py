"""Set-up files, at the administrator's: written, and read in after a look at each row."""

from flask import Response, flash, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.models import Role
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.setup.blueprint import bp
from clinic.setup.files import exporting, importing
from clinic.setup.files.formats import Table, tables_in
from clinic.setup.files.packing import packed, unpacked
from clinic.setup.files.planning import Action, Plan, plan
from clinic.setup.files.sheets import SHEETS
from clinic.web import render, see_other, shown_on

WORKBOOK = "setup.xlsx"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_FILES, MOST_SHOWN = 10, 500


@bp.get("/files")
@allow(Role.ADMIN)
@names_nobody("what centres are")
def files() -> Response:
    return _page()


def _page(refusal: str = "") -> Response:
    return render(
        "setup/files.html",
        status=422 if refusal else 200,
        sheets=SHEETS,
        workbook=WORKBOOK,
        refusal=refusal,
    )


@bp.get("/files/<name>")
@allow(Role.ADMIN)
@names_nobody("what centres are, and their staff")
def file(name: str) -> Response:
    """One of the files, or all of them as a workbook."""
    if name == WORKBOOK:
        content, kind = exporting.as_workbook(), XLSX
    else:
        content = exporting.as_csv_files().get(name, b"")
        kind = "text/csv; charset=utf-8"
    if not content:
        raise NotFound
    answer = Response(content, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.post("/files")
@allow(Role.ADMIN)
@names_nobody("what centres are")
def look() -> Response:
    """What the chosen files would do; it writes nothing."""
    tables: list[Table] = []
    try:
        for sent in request.files.getlist("files")[:MOST_FILES]:
            if sent.filename:
                tables += tables_in(sent.filename[:80], sent.read())
    except DomainError as error:
        return _page(say(error))
    if not tables:
        return _page(_("Choose at least one file with rows in it."))
    return _show(tables, plan(tables))


def _show(tables: list[Table], shown: Plan, refusal: str = "") -> Response:
    to_show = [row for row in shown.rows if row.action is not Action.KEEP]
    to_show.sort(key=lambda row: row.action is not Action.WRONG)
    return render(
        "setup/files_shown.html",
        status=422 if refusal or shown.is_wrong else 200,
        shown=shown,
        rows=to_show[:MOST_SHOWN],
        left_out=max(0, len(to_show) - MOST_SHOWN),
        numbers={action.value: shown.number(action) for action in Action},
        packed=packed(tables),
        refusal=refusal,
        say=say,
    )


@bp.post("/import")
@allow(Role.ADMIN)
@shown_on("setup.files")
@names_nobody("what centres are")
def apply_files() -> Response:
    """Do what was shown, all or nothing."""
    try:
        tables = unpacked(request.form.get("packed", ""))
    except DomainError as error:
        return _page(say(error))
    version = request.form.get("version", "")
    try:
        done = in_one_transaction(
            lambda: importing.apply(tables, version, by=me(), now=clock.now())
        )
    except DomainError as error:
        return _show(tables, plan(tables), say(error))
    number = done.number(Action.MAKE) + done.number(Action.CHANGE)
    flash(ngettext("%(num)s row is taken over.", "%(num)s rows are taken over.", number))
    return see_other("setup.files")
