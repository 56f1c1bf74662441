"""Where the pages about people of the staff register."""

from flask import Blueprint, abort

from clinic import clock
from clinic.accounts.access import me
from clinic.centres.managed import managed_centre
from clinic.centres.models import Centre
from clinic.staff.people import Colleague, person_of

bp = Blueprint("staff", __name__, url_prefix="/staff")


def centre_and_person(code: str, user_id: int) -> tuple[Centre, Colleague]:
    """A centre that this user manages, and one of its people, of the past too; 404 for others."""
    centre = managed_centre(me(), code)
    return centre, person_of(centre, user_id, clock.now()) or abort(404)
