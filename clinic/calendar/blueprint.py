"""Where the pages of this room register."""

from flask import Blueprint

bp = Blueprint("calendar", __name__, url_prefix="/calendar")
