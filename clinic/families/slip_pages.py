"""The last step of a family that comes with a slip from reception."""

from datetime import datetime

from flask import Response, flash, session
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts import joining, one_time_links
from clinic.accounts.access import public
from clinic.accounts.contacts import masked_contact
from clinic.accounts.entering import enter
from clinic.accounts.models import OneTimeLink, Purpose
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.families import registering
from clinic.families.blueprint import bp
from clinic.families.forms import SlipFinishForm
from clinic.families.models import ConsentKind
from clinic.i18n import language, say
from clinic.web import render, see_other


@bp.route("/join/slip", methods=["GET", "POST"])
@public("the last step of a first sign-in, for whoever has typed the code of a slip")
def join_by_slip() -> Response:
    now, code = clock.now(), session.get("slip")
    link = one_time_links.find(code, Purpose.SLIP, now=now) if code else None
    if link is None or link.user.claimed_at is not None:
        if code:
            session.pop("slip")
            gone = one_time_links.HasSignedIn() if link else one_time_links.SlipGone()
            flash(say(gone), "info")
        return see_other("accounts.sign_in" if link else "accounts.slip")
    contact = link.user.phone or link.user.email or ""
    form = SlipFinishForm(name=link.user.name)
    form.proved = contact
    if form.validate_on_submit():
        try:
            answer = in_one_transaction(lambda: _join(link, form, now))
        except DomainError as refused:
            form.form_errors = [say(refused)]
        else:
            flash(_("Welcome! You are signed in."), "success")
            return answer
    return render(
        "families/join_by_slip.html",
        status=422 if form.errors else 200,
        form=form,
        contact=masked_contact(contact),
    )


def _join(link: OneTimeLink, form: SlipFinishForm, now: datetime) -> Response:
    """Signed in, with the family's account."""
    name, password = form.name.data or "", form.password.data or ""
    user = joining.join_by_slip(link, name=name, password=password, now=now)
    consents = list(ConsentKind)
    registering.record_consents(user, consents, language=language(), by=user, now=now)
    return enter(user, how="slip")
