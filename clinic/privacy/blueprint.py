"""Where the pages of a family's rights register."""

from flask import Blueprint

bp = Blueprint("privacy", __name__)
