"""The page of one centre: what is there, and what is missing before the first family can book."""

from flask import Response

from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.models import Role
from clinic.centres.managed import managed_centre
from clinic.setup.blueprint import bp
from clinic.web import render


@bp.get("/centres/<code>")
@allow(Role.ADMIN, Role.MANAGER)
@names_nobody("what a centre is")
def checklist(code: str) -> Response:
    return render("setup/checklist.html", centre=managed_centre(me(), code))
