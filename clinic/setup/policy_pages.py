"""The rules of booking: for the city, a service, a centre, a service at a centre."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, abort, flash, request
from flask_babel import gettext as _
from sqlalchemy import select

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.models import Role
from clinic.accounts.rights import Deed
from clinic.centres.managed import managed_centre
from clinic.centres.models import Centre, Service
from clinic.db import db, in_one_transaction
from clinic.i18n import say
from clinic.outside import a_word, id_of, pick
from clinic.scheduling.policies.policy import DEFAULT
from clinic.scheduling.policies.stored import parsed, settings_at
from clinic.sentences import mark
from clinic.setup import policies
from clinic.setup.as_shown import ChangedMeanwhile, version_of
from clinic.setup.blueprint import bp
from clinic.setup.policies import Scope, Settings
from clinic.setup.policy_fields import GROUPS, NAMES, STEPS, settings_in, typed_of, written
from clinic.typed import Errors, typed_in
from clinic.web import render, see_other

SOURCES = {  # by whether it is set for a service, for a centre
    (False, False): mark("the whole city"),
    (False, True): mark("this centre"),
    (True, False): mark("this service in the whole city"),
    (True, True): mark("this service here"),
}


@dataclass(frozen=True)
class Value:
    """What holds if nothing is set here, and where that comes from; both as people read them."""

    value: str
    source: str


@bp.route("/policies", methods=["GET", "POST"])
@allow(Role.ADMIN)
@names_nobody("rules of booking")
def city_policies() -> Response:
    """What holds where no centre says otherwise."""
    services = list(db.session.scalars(select(Service).order_by(Service.id)))
    return _page(services, None)


@bp.route("/centres/<code>/policies", methods=["GET", "POST"])
@allow(Deed.SET_UP)
@names_nobody("rules of booking")
def centre_policies(code: str) -> Response:
    """What holds at one centre."""
    centre = managed_centre(me(), code)
    return _page(centre.services, centre)


def _page(services: list[Service], centre: Centre | None) -> Response:
    asked = id_of(request.args, "service")
    service = pick(services, asked)
    if request.args.get("service") and service is None:
        abort(404)
    scope = Scope(service, centre)
    own = scope.own()
    errors: Errors = {}
    typed, settings, refusal, shown = typed_of(own), dict(own), "", None
    if request.method == "POST":
        typed = typed_in(request.form)
        settings = settings_in(typed, errors)
        if not errors and parsed(settings) == parsed(own):
            return _back(scope, _("Nothing was changed."))
        if not errors and a_word(request.form.get("shown")) == _hash(settings):
            if not (refusal := _change(scope, settings)):
                return _back(scope, _("Saved. Days that are not open yet follow."))
            own = scope.own()
        if not errors:
            shown = policies.effect(scope, settings, now=clock.now())
    inherited = _inherited(scope)
    return render(
        "setup/policies.html",
        status=422 if errors or refusal else 200,
        frame="setup/_centre.html" if centre else "setup/_city.html",
        centre=centre,
        service=service,
        services=services,
        groups=GROUPS,
        steps=range(1, STEPS + 1),
        typed=typed,
        errors=errors,
        refusal=refusal,
        inherited=inherited,
        version=version_of(sorted(own.items())),
        effect=shown,
        changes=_changes(own, settings, inherited) if shown else [],
        shown=_hash(settings) if shown else "",
    )


def _hash(settings: Settings) -> str:
    return version_of(sorted(settings.items()))


def _back(scope: Scope, said: str) -> Response:
    flash(said)
    asking = {"service": scope.service.id} if scope.service else {}
    if scope.centre:
        return see_other("setup.centre_policies", code=scope.centre.code, **asking)
    return see_other("setup.city_policies", **asking)


def _change(scope: Scope, settings: Settings) -> str:
    """Do it; why not, or ""."""
    version, by, now = a_word(request.form.get("version")), me(), clock.now()
    try:
        in_one_transaction(
            lambda: policies.change(scope, settings, version=version, by=by, now=now)
        )
    except ChangedMeanwhile as error:
        return say(error)
    return ""


def _inherited(scope: Scope) -> dict[str, Value]:
    """By name, what the wider rules say; the usual value where none says anything."""
    found = {name: Value(written(name, getattr(DEFAULT, name)), _("usual")) for name in NAMES}
    for where, settings in settings_at(*scope.ids).items():
        if where != scope.ids:
            source = _(SOURCES[where[0] is not None, where[1] is not None])
            for name, value in parsed(settings).items():
                found[name] = Value(written(name, value), source)
    return found


def _changes(
    own: Settings, settings: Settings, inherited: Mapping[str, Value]
) -> list[tuple[str, str, str]]:
    """Label, what holds now and what would hold, of what differs."""
    labels = {rule.name: rule.label for group in GROUPS for rule in group.rules}
    was, is_new = parsed(own), parsed(settings)

    def holds(values: Mapping[str, object], name: str) -> str:
        return written(name, values[name]) if name in values else inherited[name].value

    return [
        (_(labels[name]), holds(was, name), holds(is_new, name))
        for name in NAMES
        if was.get(name) != is_new.get(name)
    ]
