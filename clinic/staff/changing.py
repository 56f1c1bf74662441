"""Pages that change what a person of the staff is: other roles, another centre, gone."""

from datetime import datetime

from flask import Response, abort, flash, request
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts import memberships
from clinic.accounts.access import allow, fresh_proof, me, names_nobody
from clinic.accounts.models import Role, User
from clinic.accounts.words import ROLES
from clinic.centres.managed import centres_managed_by, managed_centre
from clinic.centres.models import Centre, Practitioner
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import name_of, say
from clinic.outside import a_word
from clinic.staff import practitioners, roles, visits
from clinic.staff.blueprint import bp, centre_and_person
from clinic.staff.forms import DutiesForm
from clinic.staff.people import Colleague, State
from clinic.web import render, see_other

WHY = "roles of others are given and taken away here"


@bp.route("/<code>/people/<id:user_id>/roles", methods=["GET", "POST"])
@allow(Role.MANAGER, Role.ADMIN)
@names_nobody("a person of the staff")
@fresh_proof(WHY)
def duties(code: str, user_id: int) -> Response:
    """Which roles they have here; works at once."""
    centre, colleague = centre_and_person(code, user_id)
    held = {row.role: row for row in colleague.memberships}
    clinician = held.get(Role.CLINICIAN)
    form = DutiesForm(
        free=practitioners.without_sign_in(centre),
        known=colleague.practitioner,
        roles=[role.value for role in held],
        profession=clinician.profession if clinician else None,
    )
    if form.validate_on_submit():
        try:
            changed = in_one_transaction(lambda: _change(form, centre, user_id, clock.now()))
        except DomainError as refused:
            form.form_errors = [say(refused)]
            centre, colleague = centre_and_person(code, user_id)
        else:
            flash(_("It is done.") if changed else _("Nothing has changed."))
            return see_other("staff.person", code=code, user_id=user_id)
    return render(
        "staff/duties.html",
        status=422 if form.errors else 200,
        centre=centre,
        person=colleague,
        form=form,
        is_self=user_id == me().id,
        own_roles=[ROLES[role] for role in held],
    )


def _change(form: DutiesForm, centre: Centre, user_id: int, now: datetime) -> bool:
    user = db.session.get_one(User, user_id)
    if form.is_clinician and form.known is None:
        practitioner = chosen_practitioner(form, centre, now)
        practitioners.tie(practitioner, user)
    chosen, profession = form.chosen(), form.chosen_profession()
    return roles.change(user, centre, chosen, profession=profession, by=me(), now=now)


def chosen_practitioner(form: DutiesForm, centre: Centre, now: datetime) -> Practitioner:
    """The clinician of the rota that was chosen, or a new one as described."""
    if form.is_new:
        return practitioners.add(centre, form.described(), by=me(), now=now)
    number = int(form.practitioner.data)
    return next(row for row in practitioners.without_sign_in(centre) if row.id == number)


@bp.route("/<code>/people/<id:user_id>/leaving", methods=["GET", "POST"])
@allow(Role.MANAGER, Role.ADMIN)
@names_nobody("a person of the staff, and times of visits")
@fresh_proof(WHY)
def leaving(code: str, user_id: int) -> Response:
    """They work here no longer, from now on; shows first what that means."""
    centre, colleague = centre_and_person(code, user_id)
    refusal = None
    if request.method == "POST":
        try:
            in_one_transaction(lambda: _leave(user_id, centre, clock.now()))
        except DomainError as refused:
            refusal = say(refused)
            centre, colleague = centre_and_person(code, user_id)
        else:
            flash(_("%(name)s no longer works here.", name=_name(colleague)))
            return see_other("staff.person", code=code, user_id=user_id)
    return _page_of_leaving(centre, colleague, refusal)


def _leave(user_id: int, centre: Centre, now: datetime) -> None:
    user = db.session.get_one(User, user_id)
    memberships.leave(user, centre.id, by=me(), now=now)


def _page_of_leaving(centre: Centre, colleague: Colleague, refusal: str | None) -> Response:
    now, is_manager = clock.now(), Role.MANAGER in {row.role for row in colleague.memberships}
    return render(
        "staff/leaving.html",
        status=422 if refusal else 200,
        centre=centre,
        person=colleague,
        refusal=refusal,
        is_self=colleague.user is not None and colleague.user.id == me().id,
        is_last_manager=is_manager and memberships.number_of(Role.MANAGER, centre.id) == 1,
        number=visits.number_to_come(colleague.practitioner, now),
        visits=visits.first_to_come(colleague.practitioner, now),
        manages=centre.id in me().centre_ids(Role.MANAGER),
        has_left=colleague.state is State.LEFT,
    )


@bp.post("/<code>/people/<id:user_id>/move")
@allow(Role.MANAGER, Role.ADMIN)
@names_nobody("a person of the staff")
@fresh_proof(WHY)
def move(code: str, user_id: int) -> Response:
    """To another centre that the same manager has, with the roles that they have here."""
    centre, colleague = centre_and_person(code, user_id)
    wanted = a_word(request.form.get("to"))
    if wanted not in {each.code for each in centres_managed_by(me())} - {code}:
        flash(_("Please choose a centre."), "info")
        return see_other("staff.person", code=code, user_id=user_id)
    to = managed_centre(me(), wanted)
    if colleague.state is State.LEFT:
        abort(404)

    def work() -> None:
        user = db.session.get_one(User, user_id)
        roles.move(user, centre, to, described=colleague.practitioner, by=me(), now=clock.now())

    try:
        in_one_transaction(work)
    except DomainError as refused:
        flash(say(refused), "info")
        return see_other("staff.person", code=code, user_id=user_id)
    flash(_("%(name)s works at %(centre)s now.", name=_name(colleague), centre=name_of(to)))
    return see_other("staff.person", code=wanted, user_id=user_id)


def _name(colleague: Colleague) -> str:
    assert colleague.user is not None
    return colleague.user.name
