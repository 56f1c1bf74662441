"""How gunicorn runs the site: `gunicorn wsgi:app -c python:clinic.server`; its options override these.

The site is loaded and made ready once, before its workers are forked: what the first families of
a morning would each wait for, is there already, and all workers share the memory.
"""

import gc
import os
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any

from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import configure_mappers

from clinic import clock, static_files
from clinic.accounts.models import SignedIn
from clinic.accounts.queries import user_of_sign_in
from clinic.booking.nearby import FEW
from clinic.booking.strip import strip_of
from clinic.config import THREADS, UnsafeConfig
from clinic.db import db
from clinic.scheduling.search.catalogue import Catalogue
from clinic.scheduling.search.day_schedules import schedules_of
from clinic.scheduling.search.family import facts_for
from clinic.web import release

worker_class = "clinic.workers.Worker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = THREADS
# Longer ones are refused before the site sees them: an address has at most 2,000 signs (`web`).
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190
preload_app = True
control_socket_disable = True  # nobody steers it but by signals
loglevel = "warning"


def when_ready(server: Any) -> None:
    """gunicorn asks for this after it loaded the site, before it forks."""
    app = server.app.wsgi()
    must_be_local(server.LISTENERS, app.config)
    make_ready(app)
    # What is loaded by now stays: no worker need look through it for garbage, again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 50, 100)


def must_be_local(listeners: Iterable[Any], config: Mapping[str, object]) -> None:
    """Raises UnsafeConfig if the demo would send its cookies in the clear to another machine."""
    if not config["DEMO"] or config["SESSION_COOKIE_SECURE"]:
        return
    for listener in listeners:
        name = listener.sock.getsockname()
        if not (isinstance(name, tuple) and ip_address(name[0]).is_loopback):
            raise UnsafeConfig(
                "The demo is for this machine: bind it to 127.0.0.1. Behind TLS, set COOKIE_SECURE=1."
            )


def make_ready(app: Flask) -> None:
    """Compile the templates and the statements that everybody needs; leave no connection open.

    Without its database the site starts too, and says so to who comes.
    """
    configure_mappers()
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    release()
    with app.test_request_context():  # as a page asks: it only reads, and waits for no writer
        static_files.make_ready()
        try:
            _ask_for_nobody()
        except DBAPIError:
            app.logger.warning("started without its database")
        finally:
            db.session.remove()
            db.engine.dispose()


def _ask_for_nobody() -> None:
    """What a page of free times asks for, asked for a user who is not there."""
    now = clock.now()
    user_of_sign_in("")
    days = strip_of([], None, clock.clinic_day(now)).days
    nobody = SignedIn(0, "", frozenset(), 0, now, now, False, now, False, None, None)

    def few(catalogue: Catalogue) -> list[int]:
        return catalogue.centre_ids[:FEW]

    catalogue, versions, _ = facts_for(nobody, days, few, now=now)
    for service in catalogue.services[:1]:
        schedules_of(service, few(catalogue), days[:1], versions, catalogue.policy_of, now=now)
