"""Publishing the drafts of a rota: first what would change and for whom, then exactly that."""

from collections.abc import Sequence

from flask import Response, abort, flash, request
from flask_babel import gettext as _
from sqlalchemy import select

from clinic import audit, clock
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.accounts.rights import Deed
from clinic.centres.models import Centre
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.manage.blueprint import bp
from clinic.manage.hours.leave import offer_all
from clinic.manage.queries import centres_of
from clinic.outside import id_of
from clinic.scheduling.models import Appointment
from clinic.scheduling.rota import publishing, undoing
from clinic.scheduling.rota.diff import diff
from clinic.scheduling.rota.models import RotaPublication
from clinic.scheduling.timetable.extending import horizon
from clinic.web import render, see_other


def _centre() -> Centre:
    """The centre asked for, or the first that this user manages, with its people and rooms."""
    code = request.args.get("centre")
    return next(
        (centre for centre in centres_of(me()) if code in (None, centre.code)), None
    ) or abort(404)


@bp.route("/rota/publish", methods=["GET", "POST"])
@allow(Deed.PLAN_HOURS)
def rota_publish() -> Response:
    """What the drafts come to, families by name; a POST does what was shown, or shows what is so by now."""
    centre, now = _centre(), clock.now()
    if request.method == "GET":
        return _diff_page(centre)
    version, number = request.form.get("version", ""), id_of(request.form, "number") or 0
    try:
        done = in_one_transaction(
            lambda: publishing.publish(centre, number, version, by=me(), now=now)
        )
    except DomainError as error:
        return _diff_page(_centre(), say(error))
    offer_all([appointment.id for appointment in done.lost], now=now)
    if not done.lost:
        flash(_("The rota is published. Every family keeps its time."))
        return see_other("manage.rota", centre=centre.code)
    flash(_("The rota is published."))
    return see_other("manage.displaced", centre=centre.code)


def _diff_page(centre: Centre, refusal: str = "") -> Response:
    now = clock.now()
    shown = diff(centre, now=now)
    audit.note_list("preview", [*shown.kept, *shown.lost])
    return render(
        "manage/rota_publish.html",
        status=422 if refusal else 200,
        centre=centre,
        shown=shown,
        staying=sum(len(ids) for ids in shown.stays.values()) - len(shown.out),
        refusal=refusal,
        people={practitioner.id: practitioner for practitioner in centre.practitioners},
        rooms={room.id: room for room in centre.rooms},
        horizon=clinic_day(now) + horizon(),
    )


@bp.post("/rota/undo")
@allow(Deed.PLAN_HOURS)
def rota_undo() -> Response:
    """Take the last publication back, while no booking relies on it; else who does."""
    publication_id = id_of(request.form, "publication")
    if publication_id is None:
        return see_other("manage.rota")
    query = select(RotaPublication).where(
        RotaPublication.id == publication_id,
        RotaPublication.centre_id.in_(me().centre_ids(Role.MANAGER)),
    )
    publication = db.session.execute(query).scalar_one()
    centre, now = db.session.get_one(Centre, publication.centre_id), clock.now()
    try:
        done = in_one_transaction(lambda: undoing.undo(publication, by=me(), now=now))
    except DomainError as error:
        return _refused(centre, say(error), getattr(error, "by", ()))
    offer_all(list(done.lost), now=now)
    flash(
        _(
            "The rota is as it was; its drafts are open again. Families back: %(n)s",
            n=len(done.back),
        )
    )
    return see_other("manage.rota", centre=centre.code)


def _refused(centre: Centre, refusal: str, by: Sequence[Appointment]) -> Response:
    audit.note_list("preview", by)
    return render("manage/rota_undo.html", status=422, centre=centre, refusal=refusal, by=by)
