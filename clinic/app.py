"""The application: the only file that knows every room."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, request
from flask_login import current_user
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.utils import import_string

from clinic import addresses, audit, clock, compressing, faults, i18n, static_files, web
from clinic.accounts import (
    access,
    kept_forms,
    known_browsers,
    one_time_links,
    rights,
    sent_forms,
    staff_invitations,
)
from clinic.accounts import views as accounts
from clinic.accounts.contacts import masked_contact
from clinic.audit import events
from clinic.audit.looks import Lately
from clinic.calendar import feeds
from clinic.calendar import models as _feeds  # noqa: F401 - so that every table is known
from clinic.calendar import views as calendar
from clinic.checkups.service_room import CHECKUPS
from clinic.cli import commands
from clinic.config import ROOT, THREADS, command_of, from_environment
from clinic.db import db, end_session, hide_values
from clinic.demo import alive
from clinic.demo.commands import demo
from clinic.demo_mark import only_for_demo
from clinic.desk import views as desk
from clinic.extensions import babel, csrf, login_manager, migrate
from clinic.families import reconciling
from clinic.families import views as families
from clinic.headers import AlwaysHeaded
from clinic.home import appointments, components, health, pictures
from clinic.home import views as home
from clinic.hosts import KnownHosts
from clinic.manage import views as manage
from clinic.need_to_know import checking
from clinic.need_to_know import pages as need_to_know
from clinic.pediatrics.service_room import PEDIATRICS
from clinic.privacy import views as privacy
from clinic.rehab.service_room import REHAB
from clinic.scheduling import models as _tables  # noqa: F401 - so that every table is known
from clinic.scheduling import status
from clinic.scheduling.appointments import questions
from clinic.scheduling.day import reconciling as visits_reconciling
from clinic.services import room as services
from clinic.services.room import ServiceRoom
from clinic.setup import views as setup
from clinic.staff import practitioners
from clinic.staff import views as staff
from clinic.vaccination.record import models as _immunizations  # noqa: F401 - the same
from clinic.vaccination.service_room import VACCINATION
from clinic.vaccination.stock import models as _stock  # noqa: F401 - the same
from clinic.visits import models as _visits  # noqa: F401 - the same

# Every kind of service, in the order in which pages name them: the one place that knows them all.
ROOMS = (PEDIATRICS, VACCINATION, CHECKUPS, REHAB)
services.use(ROOMS)

# Who has no PostgreSQL does not load its driver: it is a third of a process.
ENGINES = {"sqlite": "clinic.sqlite:tune", "postgresql": "clinic.postgresql:tune"}
NOT_THE_DEMOS = (
    "DEMO=1 shows every sign-in code to everybody, and this database is not the demo's."
    " Unset DEMO, or set DATABASE_URL to an empty database."
)
NEEDS_A_KEY = "Set SECRET_KEY: without one, commands work on the demo's database only."
YEAR = 365 * 24 * 60 * 60
VARY = "Accept-Encoding, Cookie, Accept-Language, HX-Request, HX-Request-Type"


class Site(Flask):
    """Flask, of which nothing is asynchronous: it need not look at each function before each call."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(
    config: Mapping[str, object] | None = None, rooms: Sequence[ServiceRoom] = ROOMS
) -> Flask:
    """The site with these kinds of service. Without `config` it reads the environment; tests hand
    theirs in."""
    services.use(rooms)
    # In the order in which they lock.
    reconciling.DEPENDENTS = (
        visits_reconciling,
        *(room.dependents for room in rooms if room.dependents),
    )
    events.SUBSCRIBERS = (
        feeds.follow_roles,
        staff_invitations.follow_roles,
        one_time_links.follow_roles,
        practitioners.follow_invitations,
    )
    app = Site(
        "clinic",
        template_folder=str(ROOT / "templates"),
        static_folder=None,  # `static_files` serves them
        instance_path=str(ROOT / "instance"),
    )
    if config is None:
        settings = from_environment(command=command_of(sys.argv, more=_commands_of(rooms)))
    else:
        settings = from_environment({"FLASK_DEBUG": "1"})
    app.config.update(settings | dict(config or {}))
    _bind_database(app)
    _bind_pages(app)
    for bp in _blueprints(rooms):
        app.register_blueprint(bp)
    return app


def _blueprints(rooms: Sequence[ServiceRoom]) -> tuple[Blueprint, ...]:
    """All pages and commands, those of the kinds of service among them."""
    return (
        accounts.bp,
        families.bp,
        *(page for room in rooms for page in (room.pages, *room.more_pages, *room.commands)),
        home.bp,
        appointments.bp,
        health.bp,
        pictures.bp,
        components.bp,
        desk.bp,
        calendar.bp,
        manage.bp,
        setup.bp,
        need_to_know.bp,
        staff.bp,
        privacy.bp,
        *commands,
        demo,
    )


def _commands_of(rooms: Sequence[ServiceRoom]) -> list[str]:
    """The first words of their commands."""
    return [str(command.cli_group) for room in rooms for command in room.commands]


def _bind_database(app: Flask) -> None:
    url = str(app.config["DATABASE_URL"])
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    # Each thread of a server keeps its own connection. What a statement was sent with is personal.
    options = {"pool_size": THREADS, "hide_parameters": True}
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", options)
    db.init_app(app)
    app.teardown_appcontext(end_session)  # before the extension ends it
    with app.app_context():
        import_string(ENGINES[db.engine.dialect.name])(db.engine)
        hide_values(db.engine)
        if app.config["DEMO"]:
            only_for_demo(db.engine, NOT_THE_DEMOS)
        elif app.config["SECRET_IS_PUBLISHED"]:
            only_for_demo(db.engine, NEEDS_A_KEY)
    migrate.init_app(app)


def _bind_pages(app: Flask) -> None:
    clock.use_zone(str(app.config["CLINIC_ZONE"]))
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", app.config["CLINIC_ZONE"])
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", str(ROOT / "clinic" / "translations"))
    app.session_interface = web.Sessions()
    babel.init_app(app, locale_selector=i18n.babel_locale)
    login_manager.init_app(app)
    login_manager.request_loader(access.who_asks)
    addresses.bind(app)  # before the guard: it asks the database who this is
    alive.bind(app)  # it writes, before anybody has begun to read or write
    app.before_request(access.guard)
    csrf.init_app(app)
    _fill_templates(app)
    app.extensions["noted_lately"] = Lately()
    app.context_processor(_page_context)
    app.add_url_rule("/static/<path:filename>", "static", static_files.serve)
    app.url_defaults(static_files.name_by_content)
    app.after_request(_finish)
    app.after_request(kept_forms.give_back)  # called before that
    app.after_request(known_browsers.send_cookie)
    sent_forms.bind(app)  # its answers are noted before all else
    faults.bind(app)
    app.wsgi_app = KnownHosts(app.wsgi_app, app.config["KNOWN_HOSTS"])  # type: ignore[method-assign,assignment]
    app.wsgi_app = AlwaysHeaded(app.wsgi_app)  # type: ignore[method-assign,assignment]
    if proxies := int(str(app.config["TRUSTED_PROXIES"])):
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]


def _fill_templates(app: Flask) -> None:
    """What every template may use."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(i18n.FILTERS, masked=masked_contact)
    app.extensions["once"] = once = web.Once()
    app.jinja_env.globals.update(
        _=i18n.text,
        ngettext=i18n.counted,
        once=once,
        page_again=web.page_again,
        current_user=current_user,
        age=i18n.age,
        may_open=access.may_open,
        why_seen=checking.WORDS,
        asked_about=questions.asked_about,
        new_browser=known_browsers.asked_about,
        status_tags=status.TAGS,
        room_of=services.room_of,
        service_rooms=services.rooms,
    )


def _page_context() -> dict[str, object]:
    """What every template may use."""
    signed_in = current_user.is_authenticated
    return {
        "roles": {role.value for role in current_user.roles} if signed_in else set(),
        "reason_to_see": checking.shown_reason(),
        "made_for": rights.held_by(current_user) if signed_in else "",
        "html_lang": i18n.html_lang(),
        "lang": i18n.language(),
        "demo_mode": access.demo_mode(),
        "is_away": access.is_away(),
        "away_after": access.away_after(),
        "now": clock.now(),
        "today": clock.clinic_day(clock.now()),
    }


def _finish(response: Response) -> Response:
    """What an answer varies with, beside the headers of all; the reads of staff on record."""
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={YEAR}"
    if request.endpoint != "static":
        response.headers["Vary"] = VARY
    is_ours = request.endpoint not in (None, "static")
    if is_ours and response.status_code in (403, 404) and current_user.is_authenticated:
        audit.note_refused(response.status_code)
    audit.write_notes()
    return compressing.compress(response)
