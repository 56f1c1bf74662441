"""Where the pages about people of the staff register."""

from flask import Blueprint

bp = Blueprint("staff", __name__, url_prefix="/staff")
