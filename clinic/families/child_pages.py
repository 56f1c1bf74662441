"""Pages that register a child and change what is on record about it."""

from collections.abc import Mapping

from flask import Response, flash
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from clinic import clock
from clinic.accounts import limits
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role, User
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.families import numbers, registering
from clinic.families.blueprint import bp
from clinic.families.consenting import needs_consent
from clinic.families.forms import (
    SEXES,
    EditChildForm,
    NewChildForm,
)
from clinic.families.models import Child, Relation
from clinic.families.queries import (
    get_child,
    known_child,
)
from clinic.i18n import say
from clinic.web import next_or, render, see_other

SHOWN = (
    "name",
    "sex",
    "birth_date",
    "birth_weight_g",
    "gestation_weeks",
    "allergies",
    "version",
)


@bp.route("/children/new", methods=["GET", "POST"])
@allow(Role.PARENT)
@needs_consent
def new_child() -> Response:
    form, status = NewChildForm(today=clock.clinic_day(clock.now())), 422
    if form.validate_on_submit():
        try:
            is_new = in_one_transaction(lambda: _register(form))
        except limits.TooOften as error:
            form.form_errors, status = [say(error)], 429
        else:
            if is_new:
                flash(_("%(name)s has been added.", name=form.name.data), "success")
                return next_or("families.index")
            form.name.errors = [_("This child is already in your family.")]
    return render(
        "families/child.html",
        status=status if form.errors else 200,
        form=form,
        child=None,
        is_stale=False,
        saved={},
    )


def _register(form: NewChildForm) -> bool:
    """Register the child of the form; False if this guardian has one of that name and birth date.

    Raises TooOften.
    """
    user, now = me(), clock.now()
    # Of several clicks at the same moment each waits here for the one before, and finds its child.
    db.session.execute(select(User.id).where(User.id == user.id).with_for_update(key_share=True))
    if known_child(user, form.name.data, form.birth_date.data):
        return False
    limits.spend(limits.CHILD, str(user.id), now=now)
    relation = Relation(form.relation.data)
    facts = form.facts()
    registering.register_child(guardian=user, relation=relation, by=user, now=now, **facts)  # type: ignore[arg-type]
    return True


@bp.route("/children/<id:child_id>", methods=["GET", "POST"])
@allow(Role.PARENT)
@needs_consent
def edit_child(child_id: int) -> Response:
    child = get_child(me(), child_id)
    known = {name: getattr(child, name) for name in SHOWN}
    form = EditChildForm(data=known, today=clock.clinic_day(clock.now()))
    is_stale = form.is_submitted() and form.version.data != child.version
    # Sealed numbers are never sent back to a browser: left empty, they stay as they are.
    if not is_stale and form.validate_on_submit():
        facts = form.facts()
        for sealed in numbers.NUMBERS:
            if not facts[sealed]:
                del facts[sealed]
        try:
            is_saved = _change(child, form, facts)
        except StaleDataError:  # another guardian saved between the page's look and its change
            is_saved, is_stale = False, True
        if is_saved:
            flash(_("Saved."), "success")
            return see_other("families.index")
    if is_stale:
        form.version.data = child.version
    return render(
        "families/child.html",
        status=409 if is_stale else 422 if form.errors else 200,
        is_stale=is_stale,
        saved=_saved_by_others(child, form) if is_stale else {},
        form=form,
        child=child,
        number_of=numbers.shown,
    )


def _saved_by_others(child: Child, form: EditChildForm) -> dict[str, str]:
    """What is on record and is not what was typed, by field."""
    sexes = {choice.value: choice.label for choice in SEXES}
    found = {}
    for name in SHOWN[:-1]:
        value = getattr(child, name)
        if form[name].data != value:
            text = str(sexes[value] if name == "sex" else "" if value is None else value)
            found[name] = _("On record now: %(what)s", what=text or _("nothing"))
    return found


def _change(child: Child, form: EditChildForm, facts: Mapping[str, object]) -> bool:
    """Save these facts; what stands against the date of birth is said at its field."""
    by, now = me(), clock.now()
    try:
        in_one_transaction(lambda: registering.change_child(child, by=by, now=now, **facts))
    except DomainError as refused:
        form.birth_date.errors = [say(refused)]
        return False
    return True
