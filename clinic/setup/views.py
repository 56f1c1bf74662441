"""The centres that a person may set up."""

from flask import Response

from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.models import Role
from clinic.accounts.rights import Deed
from clinic.centres.managed import centres_managed_by
from clinic.setup import (
    announcement_pages,
    centre_pages,
    checklist,
    copying_pages,
    holiday_pages,
    hour_pages,
    offering_pages,
    picture_pages,
    policy_pages,
    retiring,
    room_pages,
    service_pages,
)
from clinic.setup.blueprint import bp
from clinic.setup.files import pages
from clinic.web import render, see_other

__all__ = ["PAGES", "bp"]
# Importing them puts their pages into `bp`.
PAGES = (
    announcement_pages,
    centre_pages,
    checklist,
    holiday_pages,
    hour_pages,
    offering_pages,
    pages,
    picture_pages,
    policy_pages,
    room_pages,
    retiring,
    copying_pages,
    service_pages,
)


@bp.get("/")
@allow(Deed.SET_UP)
@names_nobody("which centres there are")
def index() -> Response:
    centres = centres_managed_by(me())
    if len(centres) == 1 and Role.ADMIN not in me().roles:
        return see_other("setup.checklist", code=centres[0].code)
    return render("setup/index.html", centres=centres)
