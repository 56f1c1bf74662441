"""What a family sends is stored only while it agrees to the texts; each page that stores says so."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic.accounts.access import me
from clinic.accounts.kept_forms import keep_typed
from clinic.families.queries import has_consented
from clinic.web import see_other, way_back

P = ParamSpec("P")
R = TypeVar("R")


def needs_consent(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Turn a parent's POST away to the texts, if one of them has not been agreed to or was withdrawn.

    What was typed comes back after agreeing. Reading, cancelling and leaving need no consent.
    """

    @wraps(view)
    def asked_first(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        if request.method != "POST" or has_consented(me()):
            return view(*args, **kwargs)
        back = way_back()
        keep_typed()
        flash(_("To go on, please agree to the privacy notice and the rule for children."))
        return see_other("families.consents", next=back)

    asked_first.needs_consent = True  # type: ignore[attr-defined]
    return asked_first
