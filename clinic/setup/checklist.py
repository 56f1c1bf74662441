"""The page of one centre: what is there, and what is missing before the first family can book."""

from flask import Response, flash
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.models import Role
from clinic.accounts.rights import Deed
from clinic.centres.managed import managed_centre
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.setup.blueprint import bp
from clinic.setup.readiness import open_if_ready, readiness_of
from clinic.web import render, see_other


@bp.get("/centres/<code>")
@allow(Deed.SET_UP)
@names_nobody("what a centre is")
def checklist(code: str) -> Response:
    return _page(code)


@bp.post("/centres/<code>/opening")
@allow(Deed.SET_UP)
@names_nobody("what a centre is")
def open_centre(code: str) -> Response:
    """Families see the centre from now on."""
    try:
        in_one_transaction(
            lambda: open_if_ready(managed_centre(me(), code), by=me(), now=clock.now())
        )
    except DomainError as refused:
        return _page(code, say(refused))
    flash(_("The centre is open: families see it, and can book."), "success")
    return see_other("setup.checklist", code=code)


def _page(code: str, refusal: str = "") -> Response:
    centre = managed_centre(me(), code)
    return render(
        "setup/checklist.html",
        status=422 if refusal else 200,
        centre=centre,
        readiness=readiness_of(centre, now=clock.now()),
        manages=centre.id in me().centre_ids(Role.MANAGER),
        refusal=refusal,
    )
