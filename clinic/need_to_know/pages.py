"""A closed record, and opening it for a reason; who did, for the manager and for the family."""

from collections.abc import Mapping

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from clinic import audit, clock
from clinic.accounts.access import allow, me
from clinic.accounts.kept_forms import keep_typed
from clinic.accounts.models import Role
from clinic.accounts.rights import Deed, centres_for
from clinic.centres.models import Centre
from clinic.db import db, in_one_transaction, undo
from clinic.families.queries import get_child
from clinic.need_to_know import opening
from clinic.need_to_know.checking import RecordClosed
from clinic.need_to_know.models import OpeningReason
from clinic.sentences import mark
from clinic.typed import Errors, text_in, typed_in
from clinic.web import is_htmx, leave_for, render, safe_next, way_back

bp = Blueprint("need_to_know", __name__)
MOST, LEAST = 300, 6  # characters of a reason in words
REASONS: Mapping[OpeningReason, str] = {
    OpeningReason.EMERGENCY: mark("Emergency"),
    OpeningReason.FAMILY_ASKS: mark("The family calls or is here"),
    OpeningReason.OTHER_CENTRE: mark("Another centre or hospital asks"),
    OpeningReason.CORRECTION: mark("The record has to be corrected"),
    OpeningReason.OTHER: mark("Something else"),
}


@bp.route("/centres/<code>/records/<id:child_id>/opening", methods=["GET", "POST"])
@allow(*opening.OF_A_CHILD)
def open_record(code: str, child_id: int) -> Response:
    """Why the record is closed, and the form that opens it. It names nobody."""
    centre = db.session.execute(select(Centre).where(Centre.code == code)).scalar_one()
    opening.must_be_of(me(), child_id, centre.id)
    if request.method != "POST":
        return _page(centre, child_id, request.args.get("next"), {}, {})
    typed = typed_in(request.form)
    errors = _errors(typed)
    if errors:
        return _page(centre, child_id, typed.get("next"), typed, errors, status=422)
    now, by, why = clock.now(), me(), OpeningReason(typed["why"])
    text = text_in(typed, "text", Errors(), most=MOST)
    in_one_transaction(lambda: opening.open_record(child_id, centre.id, why, text, by=by, now=now))
    flash(_("The record is open to you for an hour. The family and the manager see that, and why."))
    return leave_for(safe_next(typed.get("next")) or "/")


def _errors(typed: Mapping[str, str]) -> Errors:
    errors = Errors()
    if typed.get("why") not in set(OpeningReason):
        errors["why"] = _("Please choose one.")
    text = text_in(typed, "text", errors, most=MOST)
    if typed.get("why") == OpeningReason.OTHER and len(text) < LEAST and "text" not in errors:
        errors["text"] = _("Say why, in at least %(least)s characters.", least=LEAST)
    return errors


def closed(record: RecordClosed) -> Response:
    """In place of a page that is closed; what was sent to it is kept."""
    undo()
    if request.method == "POST":
        keep_typed()
    centre = db.session.get_one(Centre, record.centre_id)
    if is_htmx():
        to = {"code": centre.code, "child_id": record.child_id, "next": way_back()}
        return leave_for(_address(**to))
    return _page(centre, record.child_id, way_back(), {}, {}, status=403)


def _address(**to: object) -> str:
    return url_for("need_to_know.open_record", **to)  # type: ignore[arg-type]


def _page(
    centre: Centre,
    child_id: int,
    target: str | None,
    typed: Mapping[str, str],
    errors: Errors,
    *,
    status: int = 200,
) -> Response:
    return render(
        "need_to_know/closed.html",
        status=status,
        address=_address(code=centre.code, child_id=child_id),
        target=safe_next(target) or "/",
        reasons=REASONS,
        typed=typed,
        errors=errors,
        most=MOST,
    )


@bp.get("/record-openings")
@allow(Deed.SEE_OPENINGS)
def openings() -> Response:
    """Who opened closed records of the manager's centres, and why."""
    rows = opening.openings_at(centres_for(me(), Deed.SEE_OPENINGS))
    audit.note_list("record openings", rows)
    return render("need_to_know/openings.html", rows=rows, reasons=REASONS, child=None)


@bp.get("/family/children/<id:child_id>/openings")
@allow(Role.PARENT)
def openings_of_child(child_id: int) -> Response:
    """The same of one child, for its family."""
    child = get_child(me(), child_id)
    rows = opening.openings_of(child.id)
    return render("need_to_know/openings.html", rows=rows, reasons=REASONS, child=child)
