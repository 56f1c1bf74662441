"""Where the manager's pages register."""

from flask import Blueprint, abort, request

from clinic.accounts.access import me
from clinic.centres.models import Centre
from clinic.manage.queries import centres_of

bp = Blueprint("manage", __name__, url_prefix="/manage")


def centre_asked_for() -> Centre:
    """The centre asked for, or the first that this user manages."""
    mine = centres_of(me())
    if code := request.args.get("centre"):
        mine = [centre for centre in mine if centre.code == code]
    return mine[0] if mine else abort(404)
