"""Keeps the city alive while the demonstration runs: on each new day, before its first page."""

import logging
import threading

from flask import Flask, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from clinic import clock
from clinic.demo.days import renew
from clinic.errors import DomainError

log = logging.getLogger(__name__)
QUIET = ("static", "health.healthz", "health.readyz")  # no page of the city


def bind(app: Flask) -> None:
    """Renew the city by the day, in demo mode only."""
    if app.config["DEMO"] and app.config["DEMO_RENEWS"]:
        app.extensions["demo_day"] = None
        lock = threading.Lock()
        app.before_request(lambda: _keep_alive(lock))


def _keep_alive(lock: threading.Lock) -> None:
    """Once a day and process. A page must not fail because the city could not be renewed."""
    app, now = current_app, clock.now()
    today = clock.clinic_day(now)
    if request.endpoint in QUIET or app.extensions["demo_day"] == today:
        return
    with lock:
        if app.extensions["demo_day"] == today:
            return
        app.extensions["demo_day"] = today
        # Its own context: what is written here is none of this request's business.
        with app.app_context():
            try:
                renew(now)
            except (DomainError, SQLAlchemyError):
                log.exception("the city of %s could not be renewed", today)
