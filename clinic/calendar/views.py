"""A clinician's day and week, and what happened at each visit."""

from collections.abc import Callable

from flask import Blueprint, Response, flash, request
from flask_babel import force_locale
from flask_babel import gettext as _

from clinic import audit, clock
from clinic.accounts.access import allow, me, names_nobody, public
from clinic.accounts.models import Role
from clinic.calendar import boards, feeds, follow_up, leave
from clinic.calendar.feed_text import feed_of
from clinic.calendar.forms import OutcomeForm
from clinic.calendar.queries import get_own, visits_before
from clinic.centres.models import ServiceKind
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.hosts import public_url
from clinic.i18n import DEFAULT_LANGUAGE, LANGUAGES, language, say
from clinic.scheduling import attendance
from clinic.scheduling.models import Appointment
from clinic.scheduling.references import spoken
from clinic.scheduling.status import LABELS, Status, status_of
from clinic.vaccination.visits import observation_of
from clinic.visits import recorded
from clinic.web import render, see_other

bp = Blueprint("calendar", __name__, url_prefix="/calendar")
OUTCOMES = {"done": attendance.finish, "no_show": attendance.mark_no_show}


boards.add_pages(bp)
leave.add_pages(bp)
follow_up.add_pages(bp)


@bp.get("/appointments/<id:appointment_id>")
@bp.get("/appointments/<id:appointment_id>/outcome", endpoint="outcome_form")
@allow(Role.CLINICIAN)
def appointment(appointment_id: int) -> Response:
    visit = get_own(me(), appointment_id)
    return _page(visit, OutcomeForm(note=visit.note, version=visit.version))


@bp.post("/appointments/<id:appointment_id>/outcome")
@allow(Role.CLINICIAN)
def outcome(appointment_id: int) -> Response:
    visit = get_own(me(), appointment_id)
    form = OutcomeForm()
    verb = OUTCOMES.get(request.form.get("outcome", ""))
    if not form.validate() or verb is None:
        return _page(visit, form, status=422)
    if form.version.data != visit.version:
        form.version.data = visit.version
        text = _(
            "Somebody changed this appointment meanwhile. Your note is still here; look again."
        )
        return _page(visit, form, refusal=text, status=409)
    if verb is attendance.finish and _lacks_a_dose(visit) and not form.without.data:
        text = _("No dose is recorded at this visit. Record it first, or say that none was given.")
        return _page(visit, form, refusal=text, status=422)
    try:
        note = form.note.data or ""
        in_one_transaction(lambda: _end(visit, verb, note))
    except DomainError as error:
        db.session.rollback()
        return _page(visit, form, refusal=say(error), status=422)
    flash(_("Saved."))
    return see_other("calendar.today", day=clinic_day(visit.starts_at).isoformat())


def _lacks_a_dose(visit: Appointment) -> bool:
    """Whether it is a vaccination at which nothing was given, and that is not finished yet."""
    is_open = status_of(visit) in (Status.BOOKED, Status.ARRIVED)
    is_vaccination = visit.service.kind is ServiceKind.VACCINATION
    return is_open and is_vaccination and observation_of(visit.id) is None


def _end(visit: Appointment, verb: Callable[..., None], note: str) -> None:
    by, now = me(), clock.now()
    is_early = visit.arrived_at is None and visit.starts_at > now + attendance.BEFORE_ITS_TIME
    if verb is attendance.finish and is_early:
        raise attendance.NotBegun  # nobody is here, and it is long before the time
    verb(visit, by=by, now=now, note=note)
    recorded.gone(visit, by=by, now=now)


def _page(
    visit: Appointment, form: OutcomeForm, *, refusal: str = "", status: int = 200
) -> Response:
    """The appointment, its child, and the form; a look at a child's record is written down."""
    now = clock.now()
    audit.note_read(visit.child_id, visit.centre_id)
    asked = follow_up.chooser_of(visit, now)
    return render(
        "calendar/appointment.html",
        status=status,
        form=form,
        refusal=refusal,
        reference=spoken(visit.booking.reference),
        lacks_a_dose=_lacks_a_dose(visit),
        standing=status_of(visit),
        labels=LABELS,
        visits=visits_before(visit),
        **follow_up.beside(visit, asked.services, now),
        day=clinic_day(visit.starts_at),
        **follow_up.shown(visit, asked),
    )


@bp.route("/feed", methods=["GET", "POST"])
@allow(Role.CLINICIAN)
@names_nobody("an address")
def feed() -> Response:
    """About the secret address; a POST makes a fresh one, which only this answer shows."""
    link = ""
    if request.method == "POST":
        token = in_one_transaction(lambda: feeds.open_feed(me(), now=clock.now()))
        link = public_url("calendar.feed_file", token=token, lang=language())
    return render("calendar/feed.html", link=link, live=feeds.live_feed(me()))


@bp.post("/feed/close")
@allow(Role.CLINICIAN)
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
    audit.note_once(request.remote_addr, "read_feed", "users", user.id, by=user.id)
    wanted = request.args.get("lang")
    with force_locale(wanted if wanted in LANGUAGES else DEFAULT_LANGUAGE):
        response = Response(feed_of(user, now=clock.now()), mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
