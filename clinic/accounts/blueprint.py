"""Where the pages of this room register."""

from flask import Blueprint

bp = Blueprint("accounts", __name__)
