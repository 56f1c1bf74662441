"""Pages."""

from flask import Blueprint

bp = Blueprint("checkups", __name__, url_prefix="/checkups")
