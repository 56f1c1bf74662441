"""A family's appointments."""

from flask import Blueprint

bp = Blueprint("appointments", __name__, url_prefix="/appointments")
