"""Where the desk's pages register."""

from flask import Blueprint, abort, request

from clinic.accounts.access import me
from clinic.centres.models import Centre
from clinic.desk.queries import centres_of

bp = Blueprint("desk", __name__, url_prefix="/desk")


def centre_asked_for() -> Centre:
    """The centre asked for, or the first that this desk works for."""
    mine = centres_of(me())
    if code := request.args.get("centre"):
        mine = [centre for centre in mine if centre.code == code]
    return mine[0] if mine else abort(404)
