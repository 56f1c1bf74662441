"""Pages."""

from flask import Blueprint

bp = Blueprint("pediatrics", __name__, url_prefix="/pediatrics")
