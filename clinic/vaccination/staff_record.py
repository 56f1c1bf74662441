"""Staff look through a child's booklet and what is true of the child, while it has a visit at their centre."""

from collections.abc import Callable, Mapping
from datetime import date

from flask import Blueprint, Response, flash, request
from flask_babel import gettext as _
from sqlalchemy import select

from clinic import audit, clock
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.i18n import mark
from clinic.scheduling.models import Appointment
from clinic.vaccination import record, visits
from clinic.vaccination.catalogue import vaccines
from clinic.vaccination.doubts import doubts, vaccinee
from clinic.vaccination.models import ChildCondition, Condition
from clinic.web import render, see_other

NAMES = {
    Condition.HBSAG_POSITIVE_MOTHER: mark("Mother HBsAg positive"),
    Condition.HBSAG_UNKNOWN_MOTHER: mark("Mother's HBsAg not known"),
    Condition.HIV_EXPOSED: mark("Exposed to HIV"),
    Condition.IMMUNODEFICIENT: mark("Immune disorder"),
    Condition.PPD_NEGATIVE: mark("Tuberculin test negative"),
    Condition.IMMUNOGLOBULIN: mark("Had immunoglobulin"),
    Condition.PRETERM: mark("Born preterm"),
}
MOST = 120  # characters of a reason
Errors = dict[str, str]


def add_pages(bp: Blueprint) -> None:
    """Put this page among the vaccination pages."""
    bp.add_url_rule("/visits/<int:appointment_id>/record", "record", page, methods=["GET", "POST"])


@allow(Role.CLINICIAN)
def page(appointment_id: int) -> Response:
    visit = visits.get_visit(me(), appointment_id, Role.CLINICIAN)
    if request.method != "POST":
        return _page(visit, {}, {})
    typed = {key: value.strip() for key, value in request.form.items()}
    deed, _colon, number = typed.get("deed", "").partition(":")
    errors = _do(visit, deed, int(number) if number.isdecimal() else 0, typed)
    if errors:
        return _page(visit, typed, errors)
    flash(_("Saved."), "success")
    return see_other("vaccination.record", appointment_id=visit.id)


def _do(visit: Appointment, deed: str, number: int, typed: Mapping[str, str]) -> Errors:
    """One of the page's deeds. Raises NoResultFound for a row of another child."""
    by, now = me(), clock.now()

    def verify() -> None:
        row = record.get_live(visit.child, number)
        if row.verified_at is None:
            record.verify(row, by=by, now=now)

    def void() -> None:
        row = record.get_live(visit.child, number)
        record.void(row, by=by, reason=typed[f"reason-{number}"], now=now)

    def end() -> None:
        row = _condition(visit, number)
        row.ended_at, row.ended_by_id = now, by.id
        audit.record("end", row, by=by.id, now=now, centre_id=visit.centre_id)

    if deed == "add":
        return _add(visit, typed)
    works: dict[str, Callable[[], None]] = {"verify": verify, "void": void, "end": end}
    if deed not in works:
        return {"record": _("Please choose one.")}
    if deed == "void" and not 0 < len(typed.get(f"reason-{number}", "")) <= MOST:
        return {f"reason-{number}": _("Write down why, in at most 120 characters.")}
    in_one_transaction(works[deed])
    return {}


def _condition(visit: Appointment, number: int) -> ChildCondition:
    query = select(ChildCondition).where(
        ChildCondition.id == number,
        ChildCondition.child_id == visit.child_id,
        ChildCondition.ended_at.is_(None),
    )
    return db.session.execute(query.with_for_update()).scalar_one()


def _add(visit: Appointment, typed: Mapping[str, str]) -> Errors:
    by, now = me(), clock.now()
    if typed.get("code") not in set(Condition):
        return {"code": _("Please choose one.")}
    code, on = Condition(typed["code"]), None
    if typed.get("on") or code is Condition.IMMUNOGLOBULIN:
        try:
            on = date.fromisoformat(typed.get("on", ""))
        except ValueError:
            return {"on": _("Enter the day as 2025-03-01.")}
        if not visit.child.birth_date <= on <= clinic_day(now):
            return {"on": _("Enter a day between birth and today.")}

    def work() -> None:
        row = ChildCondition(
            child_id=visit.child_id, code=code, on=on, recorded_at=now, recorded_by_id=by.id
        )
        db.session.add(row)
        db.session.flush()
        audit.record("recorded", row, by=by.id, now=now, centre_id=visit.centre_id)

    in_one_transaction(work)
    return {}


def _page(visit: Appointment, typed: Mapping[str, str], errors: Errors) -> Response:
    now = clock.now()
    audit.note_read("children", visit.child_id, by=me().id, now=now, centre_id=visit.centre_id)
    rows = record.history_of(visit.child_id)
    live = select(ChildCondition).where(
        ChildCondition.child_id == visit.child_id, ChildCondition.ended_at.is_(None)
    )
    return render(
        "vaccination/record.html",
        status=422 if errors else 200,
        visit=visit,
        rows=rows,
        doubts=doubts(vaccinee(visit.child), rows, clinic_day(now)),
        conditions=db.session.scalars(live.order_by(ChildCondition.id)).all(),
        names=NAMES,
        vaccines=vaccines(),
        typed=typed,
        errors=errors,
    )
