"""A family's rights over what is kept of it: the pages."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, flash, request
from flask_babel import gettext as _
from sqlalchemy import select

from clinic import audit, clock
from clinic.accounts import limits
from clinic.accounts.access import allow, me, public
from clinic.accounts.entering import leave
from clinic.accounts.models import Role, User
from clinic.accounts.sent_forms import each_time
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.families.models import Child, Guardianship
from clinic.families.queries import children_of, children_with_guardians, get_child
from clinic.families.registering import OnlyTheFirst, shared_by
from clinic.i18n import language, say
from clinic.privacy import removing
from clinic.privacy.blueprint import bp
from clinic.privacy.copying import as_json, as_spreadsheet, copy_of
from clinic.privacy.forms import RemovalForm
from clinic.privacy.holdings import WITH_IT, Holding, found, holdings
from clinic.privacy.retention import Period, must_stay, periods
from clinic.web import render, see_other

__all__ = ["bp"]
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Stays:
    """So many rows of one table must be kept, for how long and why."""

    holding: Holding
    count: int
    period: Period


@bp.get("/privacy/kept")
@public("how long what is kept is everybody's to know")
def kept() -> Response:
    return render("privacy/kept.html", periods=periods().values())


@bp.get("/family/data")
@allow(Role.PARENT)
def index() -> Response:
    """What a family may ask for, and where."""
    return _index()


def _index(*, error: str = "", status: int = 200) -> Response:
    return render(
        "privacy/index.html",
        status=status,
        error=error,
        children=children_of(me()),
        own=_own_ids(),
    )


def _own_ids() -> set[int]:
    return {child.id for child in shared_by(me())}


@bp.post("/family/data/copy")
@allow(Role.PARENT)
@each_time("a copy only reads; each one is counted and is on the trail")
def copy() -> Response:
    """All that is kept, as a file. Too many in a day: the page says so."""
    now, user = clock.now(), me()
    try:
        in_one_transaction(lambda: limits.spend(limits.COPY, str(user.id), now=now))
    except limits.TooOften as error:
        return _index(error=say(error), status=429)
    for_machines = request.form.get("as") == "json"
    copied = copy_of(user)
    audit.record("copy", ("users", user.id), by=user.id, now=now)
    db.session.commit()
    body, kind, ending = (
        (as_json(copied), "application/json", "json")
        if for_machines
        else (as_spreadsheet(copied, language()), SPREADSHEET, "xlsx")
    )
    name = f"copy-{clock.clinic_day(now)}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, mimetype=kind, headers=headers)


@bp.route("/family/children/<id:child_id>/removal", methods=["GET", "POST"])
@allow(Role.PARENT)
def remove_child(child_id: int) -> Response:
    """What removing this child means; and do it."""
    child = get_child(me(), child_id)
    if child.id not in _own_ids():
        flash(say(OnlyTheFirst()), "info")
        return see_other("families.index")
    form = RemovalForm()
    name = child.name

    def work() -> bool:
        user = db.session.get_one(User, me().id)
        return removing.remove_child(get_child(me(), child_id), by=user, now=clock.now())

    if form.validate_on_submit():
        try:
            is_kept = in_one_transaction(work)
        except DomainError as error:
            form.form_errors = [say(error)]
        else:
            flash(_removed(name, is_kept=is_kept), "success")
            return see_other("families.index")
    return render(
        "privacy/remove_child.html",
        status=422 if form.errors else 200,
        form=form,
        child=child,
        guardians=_other_guardians(child),
        stays=_stays([child.id]),
    )


def _removed(name: str, *, is_kept: bool) -> str:
    text: str = (
        _("%(name)s has been removed. What the law keeps stays at the centre only.", name=name)
        if is_kept
        else _("%(name)s has been removed, with everything that was kept.", name=name)
    )
    return text


def _other_guardians(child: Child) -> list[Guardianship]:
    (loaded,) = children_with_guardians([child.id])
    return [
        guardianship
        for guardianship in loaded.guardianships
        if guardianship.user_id != me().id and not guardianship.revoked_at
    ]


def _stays(child_ids: Sequence[int]) -> list[Stays]:
    """What of these children must be kept if they are removed now."""
    rows = found("children", child_ids)
    staying = must_stay(rows, clock.clinic_day(clock.now()))
    return [
        Stays(holding, len(staying[name]), periods()[holding.kept])
        for name, holding in holdings().items()
        if holding.kept not in ("", WITH_IT) and staying[name]
    ]


@bp.route("/family/closing", methods=["GET", "POST"])
@allow(Role.PARENT)
def close_account() -> Response:
    """What closing the account means; and do it."""
    form = RemovalForm()
    if form.validate_on_submit():
        try:
            in_one_transaction(_close)
        except DomainError as error:
            form.form_errors = [say(error)]
        else:
            answer = leave()
            flash(_("Your account is closed."), "success")
            return answer
    alone = _only_guardian_of()
    return render(
        "privacy/close_account.html",
        status=422 if form.errors else 200,
        form=form,
        alone=alone,
        shared=[child for child in children_of(me()) if child not in alone],
        stays=_stays([child.id for child in alone]),
    )


def _close() -> None:
    user = db.session.get_one(User, me().id)
    removing.close_account(user, now=clock.now())


def _only_guardian_of() -> list[Child]:
    """The children whom nobody else cares for."""
    others = select(Guardianship.child_id).where(
        Guardianship.user_id != me().id, Guardianship.revoked_at.is_(None)
    )
    shared = set(
        db.session.scalars(
            others.where(Guardianship.child_id.in_([child.id for child in children_of(me())]))
        )
    )
    return [child for child in children_of(me()) if child.id not in shared]
