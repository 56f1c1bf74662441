"""A centre takes over hours, rooms, services and rules from another: shown first, then done."""

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.rights import Deed
from clinic.centres.managed import centres_managed_by, managed_centre
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.outside import a_word
from clinic.setup import copying
from clinic.setup.blueprint import bp
from clinic.web import render, see_other


@bp.get("/centres/<code>/copy")
@allow(Deed.SET_UP)
@names_nobody("what centres have")
def copy_centre(code: str) -> Response:
    """Which centre to copy from, and what that would bring."""
    return _page(code, a_word(request.args.get("source")))


def _page(code: str, source_code: str, refusal: str = "") -> Response:
    target = managed_centre(me(), code)
    others = [centre for centre in centres_managed_by(me()) if centre.id != target.id]
    source = next((centre for centre in others if centre.code == source_code), None)
    shown = copying.preview(source, target, now=clock.now()) if source else None
    return render(
        "setup/copy.html",
        status=422 if refusal else 200,
        centre=target,
        others=others,
        source=source,
        shown=shown,
        names=copying.services_in(shown) if shown else [],
        refusal=refusal,
    )


@bp.post("/centres/<code>/copy")
@allow(Deed.SET_UP)
@names_nobody("what centres have")
def copy_now(code: str) -> Response:
    """Do what was shown."""
    target, wanted = managed_centre(me(), code), a_word(request.form.get("source"))
    if not wanted:  # nothing was chosen: to the page where one chooses
        return see_other("setup.copy_centre", code=code)
    source, version = managed_centre(me(), wanted), request.form.get("version", "")
    try:
        in_one_transaction(lambda: copying.copy(source, target, version, by=me(), now=clock.now()))
    except DomainError as error:
        return _page(code, wanted, say(error))
    flash(_("It is done."))
    return see_other("setup.checklist", code=code)
