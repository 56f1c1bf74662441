"""Booking asks first whether the family agreed to the texts; a try to book is counted."""

from flask import Response, flash, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from clinic import clock
from clinic.accounts import limits
from clinic.accounts.access import me
from clinic.accounts.models import Person
from clinic.booking.reading import carried
from clinic.db import db
from clinic.families.queries import has_consented
from clinic.sqlite import write_now
from clinic.web import see_other


def redirect_to_consents(user: Person, kind: str, args: MultiDict[str, str]) -> Response | None:
    """Where to go instead, when a text has not been agreed to; from there back to the times."""
    if has_consented(user):
        return None
    flash(_("To book, please agree to the privacy notice and the rule for children."))
    back = url_for(f"{kind}.choose", **carried(args))  # type: ignore[arg-type]
    return see_other("families.consents", next=back)


def may_not_book(kind: str) -> Response | None:
    """The same, and a try is counted. Raises TooOften."""
    user = me()
    if refused := redirect_to_consents(user, kind, MultiDict()):
        return refused
    write_now(db.session.connection())
    try:
        limits.spend(limits.BOOKING, str(user.id), now=clock.now())
    except limits.TooOften:
        db.session.commit()
        raise
    db.session.commit()
    return None
