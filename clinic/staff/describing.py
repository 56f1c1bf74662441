"""The page that says how families and the rota know a clinician."""

from flask import Response, abort, flash
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.models import Role
from clinic.centres.managed import managed_centre
from clinic.centres.models import Practitioner
from clinic.db import db, in_one_transaction
from clinic.staff import practitioners
from clinic.staff.blueprint import bp
from clinic.staff.forms import DESCRIBED, DescribedForm
from clinic.web import render, see_other


@bp.route("/<code>/clinicians/<id:practitioner_id>", methods=["GET", "POST"])
@allow(Role.MANAGER, Role.ADMIN)
@names_nobody("a person of the staff")
def describe(code: str, practitioner_id: int) -> Response:
    """Names, titles, fields and languages of a clinician of the centre."""
    centre = managed_centre(me(), code)
    row = db.session.get(Practitioner, practitioner_id)
    if row is None or row.centre_id != centre.id:
        abort(404)
    form = DescribedForm(**{name: getattr(row, name) for name in DESCRIBED})
    if form.validate_on_submit():
        described = form.described()

        def work() -> None:
            practitioners.describe(row, described, by=me(), now=clock.now())

        in_one_transaction(work)
        flash(_("Saved."))
        return see_other("staff.people", code=code)
    return render(
        "staff/describe.html",
        status=422 if form.errors else 200,
        form=form,
        centre=centre,
        practitioner=row,
    )
