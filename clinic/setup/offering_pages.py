"""What a centre offers and at which price, and who gives it there: two tables with boxes to tick."""

from collections.abc import Mapping

from flask import Response, flash, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.rights import Deed
from clinic.amounts import fen_of, yuan
from clinic.centres.managed import managed_centre
from clinic.centres.models import Service
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.outside import a_word, ids_of, joined_ids
from clinic.services.room import room_of
from clinic.setup import offering
from clinic.setup.as_shown import version_of
from clinic.setup.blueprint import bp
from clinic.setup.offering import Gives, StillUsed, Uses
from clinic.typed import Errors
from clinic.web import render, see_other

MOST_SERVICES = 500
MOST_GIVEN = 5000


@bp.route("/centres/<code>/services", methods=["GET", "POST"])
@allow(Deed.SET_UP)
@names_nobody("what a centre offers")
def centre_services(code: str) -> Response:
    """All services of the city; ticked are those that this centre offers."""
    centre = managed_centre(me(), code)
    services = list(db.session.scalars(select(Service).order_by(Service.id)))
    errors: Errors = {}
    refusal = ""
    ticked, typed = _as_it_is(offering.offered_at(centre.id))
    if request.method == "POST":
        known = {service.id for service in services}
        ticked = set(ids_of(request.form, "offered", MOST_SERVICES)) & known
        typed = {number: request.form.get(f"price-{number}", "").strip() for number in known}
        wanted = {number: _price(typed[number], number, errors) for number in sorted(ticked)}
        if not errors:
            refusal = _offer(code, wanted, errors)
            if not refusal and not errors:
                return see_other("setup.centre_services", code=code)
            centre = managed_centre(me(), code)
    return render(
        "setup/centre_services.html",
        status=422 if errors or refusal else 200,
        centre=centre,
        services=services,
        ticked=ticked,
        typed=typed,
        errors=errors,
        refusal=refusal,
        offered=(offered := offering.offered_at(centre.id)),
        version=version_of(offered),
        uses=offering.uses_by_service(centre.id, now=clock.now()),
        uses_in_words=uses_in_words,
    )


def _as_it_is(offered: Mapping[int, int | None]) -> tuple[set[int], dict[int, str]]:
    prices = {number: yuan(fen) for number, fen in offered.items() if fen is not None}
    return set(offered), prices


def _price(typed: str, service_id: int, errors: Errors) -> int | None:
    if not typed:
        return None
    try:
        return fen_of(typed)
    except DomainError as error:
        errors[f"price-{service_id}"] = say(error)
        return None


def _offer(code: str, wanted: Mapping[int, int | None], errors: Errors) -> str:
    """Do it; what stands against the whole, or "", with what stands against a row in `errors`."""
    if never := _never_priced(wanted):
        errors |= never
        return ""
    version, now = a_word(request.form.get("version")), clock.now()
    try:
        changed = in_one_transaction(
            lambda: offering.offer(
                managed_centre(me(), code), wanted, version=version, by=me(), now=now
            )
        )
    except StillUsed as error:
        errors |= {f"offered-{key}": _still_used(used) for key, used in error.by_key.items()}
        return ""
    except DomainError as error:
        return say(error)
    flash(_("Saved.") if changed else _("Nothing was changed."))
    return ""


def _never_priced(wanted: Mapping[int, int | None]) -> Errors:
    ids = [number for number, price in wanted.items() if price is not None]
    rows = db.session.scalars(select(Service).where(Service.id.in_(ids)))
    whys = {row.id: room_of(row.kind).never_priced for row in rows}
    return {f"price-{number}": _(why) for number, why in whys.items() if why}


def uses_in_words(used: Uses) -> str:
    """`3 booked visits, 12 sessions`."""
    said = [
        used.visits and ngettext("%(num)s booked visit", "%(num)s booked visits", used.visits),
        used.sessions and ngettext("%(num)s session", "%(num)s sessions", used.sessions),
        used.rules and ngettext("%(num)s weekly rule", "%(num)s weekly rules", used.rules),
        used.waiting and ngettext("%(num)s family waits", "%(num)s families wait", used.waiting),
    ]
    return str(_(", ")).join(part for part in said if part)


def _still_used(used: Uses) -> str:
    return str(_("It is still in use: %(uses)s.", uses=uses_in_words(used)))


@bp.route("/centres/<code>/services/clinicians", methods=["GET", "POST"])
@allow(Deed.SET_UP)
@names_nobody("who gives what")
def who_gives(code: str) -> Response:
    """The centre's clinicians and what it offers; ticked is what each gives."""
    centre = managed_centre(me(), code)
    given = offering.given_at(centre.id)
    ticked, refusal = set(given), ""
    errors: Errors = {}
    if request.method == "POST":
        pairs = (joined_ids(value, 2) for value in request.form.getlist("gives")[:MOST_GIVEN])
        here = {practitioner.id for practitioner in centre.practitioners}
        ticked = {(pair[0], pair[1]) for pair in pairs if len(pair) == 2 and pair[0] in here}
        refusal, errors = _give(code, ticked)
        if not refusal and not errors:
            return see_other("setup.who_gives", code=code)
        centre = managed_centre(me(), code)
        given = offering.given_at(centre.id)
    return render(
        "setup/who_gives.html",
        status=422 if errors or refusal else 200,
        centre=centre,
        ticked=ticked,
        given=given,
        errors=errors,
        refusal=refusal,
        version=version_of(sorted(given)),
    )


def _give(code: str, wanted: set[Gives]) -> tuple[str, Errors]:
    version, now = a_word(request.form.get("version")), clock.now()
    try:
        changed = in_one_transaction(
            lambda: offering.give(
                managed_centre(me(), code), wanted, version=version, by=me(), now=now
            )
        )
    except StillUsed as error:
        return "", {
            f"gives-{key[0]}-{key[1]}": _still_used(used) for key, used in error.by_key.items()
        }
    except DomainError as error:
        return say(error), {}
    flash(_("Saved.") if changed else _("Nothing was changed."))
    return "", {}
