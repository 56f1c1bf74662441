"""The page of a visit for who sees the child: what happened at it, and taking that back."""

from datetime import datetime

from flask import Response, abort, flash, request

from clinic import audit, clock
from clinic.accounts.access import allow, may_open, me
from clinic.accounts.rights import Deed, may, profession_at
from clinic.calendar import follow_up
from clinic.calendar.blueprint import bp
from clinic.calendar.forms import OutcomeForm
from clinic.calendar.queries import appointments_before, get_own
from clinic.clock import clinic_day
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import clock_time, say
from clinic.i18n import gettext as _
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment
from clinic.scheduling.references import spoken
from clinic.scheduling.status import Status, status_of
from clinic.sentences import mark
from clinic.services.room import Link, answers_of, has_record, lacks_record, room_of, rooms
from clinic.visits import recorded
from clinic.web import render, see_other

OPEN = (Status.BOOKED, Status.ARRIVED)
DONE, MISSED, UNDO = "done", "no_show", "undo"  # what the form's buttons say
SOMEBODY_CHANGED = mark(
    "Somebody changed this appointment meanwhile. Your note is still here; look again."
)
WAS_HERE = mark(
    "This child was checked in. If it left before being seen, say so; "
    "if another child was meant, the desk takes the check-in back."
)
NOT_YET = mark("This visit is booked for %(time)s and nobody is checked in for it.")


class HasRecord(DomainError):
    message = mark("Doses or findings are recorded at this visit: it stays done.")


@bp.get("/appointments/<id:appointment_id>")
@bp.get("/appointments/<id:appointment_id>/outcome", endpoint="outcome_form")
@allow(Deed.SEE_CASES)
def appointment(appointment_id: int) -> Response:
    appointment = get_own(me(), appointment_id)
    return _page(appointment, OutcomeForm(note=appointment.note, version=appointment.version))


@bp.post("/appointments/<id:appointment_id>/outcome")
@allow(Deed.WRITE_NOTES)
def outcome(appointment_id: int) -> Response:
    appointment, now = get_own(me(), appointment_id, Deed.WRITE_NOTES), clock.now()
    if not _may_write(appointment):
        abort(403)
    form = OutcomeForm()
    what = request.form.get("outcome", "")
    if not form.validate() or what not in (DONE, MISSED, UNDO):
        return _page(appointment, form, status=422)
    if form.version.data != appointment.version:
        form.version.data = appointment.version
        return _page(appointment, form, refusal=_(SOMEBODY_CHANGED), status=409)
    if doubt := _doubt(appointment, what, form, now):
        return _page(appointment, form, refusal=doubt, status=422)
    try:
        note = form.note.data or ""
        in_one_transaction(lambda: _end(appointment, what, note, now))
    except DomainError as error:
        return _page(appointment, form, refusal=say(error), status=422)
    if what == UNDO:
        flash(_("Taken back. It is on record."))
        return see_other("calendar.appointment", appointment_id=appointment.id)
    flash(_("Saved."))
    return see_other("calendar.today", day=clinic_day(appointment.starts_at).isoformat())


def _may_write(appointment: Appointment) -> bool:
    """Whether this user's profession gives such a service, so that they write its notes."""
    profession = profession_at(me(), appointment.centre_id)
    return profession in room_of(appointment.service.kind).professions


def _may_read(appointment: Appointment) -> bool:
    """Whether its note is for this user: of their own services, or of all."""
    return _may_write(appointment) or may(me(), Deed.READ_ALL_NOTES, appointment.centre_id)


def _staff_links(appointment: Appointment) -> list[Link]:
    """Where this user may read what the rooms keep of the child."""
    links = (room.link_staff(appointment) for room in rooms())
    return [link for link in links if link and may_open(link.endpoint)]


def _doubt(appointment: Appointment, what: str, form: OutcomeForm, now: datetime) -> str:
    """What is unlikely about that outcome, and was not confirmed; empty if nothing is."""
    is_here = status_of(appointment) is Status.ARRIVED
    if what == MISSED and is_here and not form.left.data:
        return _(WAS_HERE)
    if what == DONE and _is_before_its_time(appointment, now) and not form.early.data:
        return _(NOT_YET, time=clock_time(appointment.starts_at))
    if what == DONE and _lacks_record(appointment) and not form.without.data:
        return _(room_of(appointment.service.kind).no_record)
    return ""


def _is_before_its_time(appointment: Appointment, now: datetime) -> bool:
    """Whether nobody is here today for it, and it is long before the time."""
    is_today = clinic_day(appointment.starts_at) == clinic_day(now)
    is_long_before = appointment.starts_at > now + attendance.BEFORE_ITS_TIME
    return is_today and is_long_before and status_of(appointment) is Status.BOOKED


def _lacks_record(appointment: Appointment) -> bool:
    """Whether it is not finished yet, and its service asks for something on record."""
    return status_of(appointment) in OPEN and lacks_record(appointment)


def _end(appointment: Appointment, what: str, note: str, now: datetime) -> None:
    by = me()
    if what == UNDO:
        _take_back(appointment, note, now)
        return
    verb = attendance.finish if what == DONE else attendance.mark_no_show
    verb(appointment, by=by, now=now, note=note)
    recorded.gone(appointment, by=by, now=now)


def _take_back(appointment: Appointment, note: str, now: datetime) -> None:
    """ "Done" or "did not come" was wrong: the visit stands as before. Raises HasRecord, PlaceIsTaken."""
    by, standing = me(), status_of(appointment)
    appointment.note = note
    if standing is Status.DONE:
        if has_record(appointment):
            raise HasRecord
        recorded.not_gone(appointment, by=by, now=now)
        attendance.undo_finish(appointment, by=by, now=now)
    elif standing is Status.NO_SHOW:
        attendance.undo_no_show(appointment, by=by, now=now)
        recorded.not_gone(appointment, by=by, now=now)


def _page(
    appointment: Appointment, form: OutcomeForm, *, refusal: str = "", status: int = 200
) -> Response:
    """The appointment, its child, and the form; a look at a child's record is written down."""
    now = clock.now()
    audit.note_read(appointment.child_id, appointment.centre_id)
    asked = follow_up.chooser_of(appointment, now)
    if nothing_done := room_of(appointment.service.kind).nothing_done:
        form.without.label.text = _(nothing_done)
    return render(
        "calendar/appointment.html",
        status=status,
        form=form,
        refusal=refusal,
        reference=spoken(appointment.booking.reference),
        health=answers_of([appointment], now).get(appointment.id),
        lacks_record=_lacks_record(appointment),
        may_write=_may_write(appointment),
        may_read=_may_read,
        room_links=_staff_links,
        is_before_its_time=_is_before_its_time(appointment, now),
        may_undo=status_of(appointment) in (Status.DONE, Status.NO_SHOW)
        and not has_record(appointment),
        asks_left=request.form.get("outcome") == MISSED
        and status_of(appointment) is Status.ARRIVED,
        standing=status_of(appointment),
        earlier_appointments=appointments_before(appointment),
        **follow_up.beside(appointment, asked.services, now),
        day=clinic_day(appointment.starts_at),
        **follow_up.shown(appointment, asked),
    )
