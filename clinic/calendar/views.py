"""A clinician's pages: the boards, leave, the visits, and the feed."""

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import audit, clock
from clinic.accounts.access import allow, me, names_nobody, public
from clinic.accounts.rights import Deed
from clinic.accounts.sent_forms import each_time, token_of_form
from clinic.calendar import boards, feeds, follow_up, leave, outcomes
from clinic.calendar.blueprint import bp
from clinic.calendar.feed_text import feed_of
from clinic.db import in_one_transaction
from clinic.hosts import public_url
from clinic.i18n import DEFAULT_LANGUAGE, LANGUAGES, language, speaking
from clinic.web import render, see_other

__all__ = ["PAGES", "bp"]
# Importing them puts their pages into `bp`.
PAGES = (
    boards,
    follow_up,
    leave,
    outcomes,
)


@bp.route("/feed", methods=["GET", "POST"])
@allow(Deed.SEE_CASES)
@each_time("the form's key makes the address, which only the answer shows")
@names_nobody("an address")
def feed() -> Response:
    """About the secret address; a POST makes a fresh one, which only this answer shows."""
    link = ""
    if request.method == "POST":
        wanted, now = token_of_form(feeds.TOKEN_BYTES), clock.now()
        token = in_one_transaction(lambda: feeds.open_feed(me(), now=now, token=wanted))
        link = public_url("calendar.feed_file", token=token, lang=language())
    return render("calendar/feed.html", link=link, live=feeds.live_feed(me()))


@bp.post("/feed/close")
@allow(Deed.SEE_CASES)
@names_nobody("an address")
def close_feed() -> Response:
    in_one_transaction(lambda: feeds.close_feed(me(), now=clock.now()))
    flash(_("The address is revoked. Your calendar can no longer be read there."))
    return see_other("calendar.feed")


@bp.get("/feeds/<token>.ics")
@public("calendars on phones cannot sign in; whoever knows the secret may read")
def feed_file(token: str) -> Response:
    user = feeds.whose(token)
    if user is None:
        return Response(status=404)
    audit.note_once(None, "read_feed", "users", user.id, by=user.id)
    wanted = request.args.get("lang")
    with speaking(wanted if wanted in LANGUAGES else DEFAULT_LANGUAGE):
        response = Response(feed_of(user, now=clock.now()), mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
