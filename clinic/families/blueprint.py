"""Where the family's pages register."""

from flask import Blueprint

bp = Blueprint("families", __name__, url_prefix="/family")
