"""A new centre, and what a centre says of itself."""

from flask import Response, flash
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.models import Role
from clinic.accounts.rights import Deed
from clinic.centres import founding
from clinic.centres.managed import managed_centre
from clinic.centres.models import Centre
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.setup.blueprint import bp
from clinic.setup.forms import CentreForm
from clinic.web import render, see_other


@bp.route("/centres/new", methods=["GET", "POST"])
@allow(Role.ADMIN)
@names_nobody("what a centre is")
def new_centre() -> Response:
    form = CentreForm()
    if form.validate_on_submit():
        try:
            centre = in_one_transaction(
                lambda: founding.found(form.facts(), by=me(), now=clock.now())
            )
        except founding.CodeTaken as refused:
            form.code.errors = [say(refused)]
        else:
            flash(_("The centre is set up. Families see it once you open it."), "success")
            return see_other("setup.checklist", code=centre.code)
    return render("setup/new_centre.html", status=422 if form.errors else 200, form=form)


@bp.route("/centres/<code>/facts", methods=["GET", "POST"])
@allow(Deed.SET_UP)
@names_nobody("what a centre is")
def centre(code: str) -> Response:
    found = managed_centre(me(), code)
    form = CentreForm(obj=found, place=f"{found.latitude:.12g}, {found.longitude:.12g}")
    if form.validate_on_submit():
        try:
            saved = in_one_transaction(lambda: _change(code, form))
        except DomainError as refused:
            form.code.errors = [say(refused)]
            found = managed_centre(me(), code)
        else:
            flash(_("Saved."), "success")
            return see_other("setup.centre", code=saved.code)
    return render("setup/centre.html", status=422 if form.errors else 200, form=form, centre=found)


def _change(code: str, form: CentreForm) -> Centre:
    found = managed_centre(me(), code)
    founding.change(found, form.facts(), by=me(), now=clock.now())
    return found
