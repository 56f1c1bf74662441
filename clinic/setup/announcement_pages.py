"""What a centre announces to families."""

from datetime import datetime

from flask import Response, flash
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.rights import Deed
from clinic.centres import announcements as verbs
from clinic.centres.managed import managed_centre
from clinic.db import in_one_transaction
from clinic.setup.blueprint import bp
from clinic.setup.forms import AnnouncementForm
from clinic.web import render, see_other


@bp.route("/centres/<code>/announcements", methods=["GET", "POST"])
@allow(Deed.SET_UP)
@names_nobody("what families read")
def announcements(code: str) -> Response:
    centre, now = managed_centre(me(), code), clock.now()
    form = AnnouncementForm(now=now)
    if form.validate_on_submit():
        in_one_transaction(lambda: _announce(code, form, now))
        flash(_("Announced."), "success")
        return see_other("setup.announcements", code=code)
    return render(
        "setup/announcements.html",
        status=422 if form.errors else 200,
        centre=centre,
        announcements=verbs.not_over(centre.id, now=now),
        form=form,
    )


def _announce(code: str, form: AnnouncementForm, now: datetime) -> None:
    starts_at, ends_at = form.spell()
    verbs.announce(
        managed_centre(me(), code),
        text_zh=form.text_zh.data or "",
        text_en=form.text_en.data or "",
        starts_at=starts_at,
        ends_at=ends_at,
        by=me(),
        now=now,
    )


@bp.post("/centres/<code>/announcements/<id:announcement_id>/end")
@allow(Deed.SET_UP)
@names_nobody("what families read")
def end_announcement(code: str, announcement_id: int) -> Response:
    def work() -> None:
        found = verbs.get_announcement(managed_centre(me(), code), announcement_id)
        verbs.end(found, by=me(), now=clock.now())

    in_one_transaction(work)
    flash(_("It is shown no longer."), "success")
    return see_other("setup.announcements", code=code)
