"""The end of the day: who did not come, what is still open, a page to print, a note to the next shift."""

from collections.abc import Callable, Sequence
from datetime import datetime

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import audit, clock
from clinic.accounts.access import allow, me
from clinic.accounts.rights import Deed
from clinic.centres.models import Centre
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.desk.blueprint import bp, centre_asked_for
from clinic.desk.ending_queries import day_at
from clinic.desk.forms import NoteForm
from clinic.desk.queries import centres_of
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.outside import id_of, ids_of
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment
from clinic.scheduling.status import Status
from clinic.sentences import mark
from clinic.visits import closing
from clinic.visits.models import DeskNote, Encounter
from clinic.visits.stations import stations
from clinic.web import render, see_other


class DayGoesOn(DomainError):
    message = mark("Visits are still expected, the last at %(time)s. Close the queue after that.")


MOST_MISSED = 500  # ticked at once


@bp.route("/end", methods=["GET", "POST"])
@allow(Deed.CHECK_IN)
def end() -> Response:
    centre = centre_asked_for()
    form = NoteForm()
    if form.validate_on_submit():
        text, now = form.text.data or "", clock.now()
        in_one_transaction(lambda: _note(centre.id, text, now))
        flash(_("The note is kept."))
        return see_other("desk.end", centre=centre.code)
    return _page(centre, form, 422 if form.errors else 200)


@bp.post("/end/missed")
@allow(Deed.CHECK_IN)
def missed() -> Response:
    """Those that were ticked did not come."""
    centre = centre_asked_for()

    def work(now: datetime) -> int:
        ticked = _ticked(day_at(centre, now).missing)
        attendance.mark_all_no_show(ticked, by=me(), now=now)
        return len(ticked)

    return _done(centre, work)


@bp.post("/end/missed/undo")
@allow(Deed.CHECK_IN)
def not_missed() -> Response:
    """Those that were marked with one press came after all, or may come still."""
    centre = centre_asked_for()

    def work(now: datetime) -> int:
        shown = _ticked(day_at(centre, now).marked)
        attendance.undo_all_no_show(shown, by=me(), now=now)
        return len(shown)

    return _done(centre, work)


def _ticked(rows: Sequence[Appointment]) -> list[Appointment]:
    """Those of these that the form names."""
    ids = set(ids_of(request.form, "appointment", most=MOST_MISSED))
    return [appointment for appointment in rows if appointment.id in ids]


@bp.post("/end/queue")
@allow(Deed.CHECK_IN)
def close_queue() -> Response:
    """Nobody waits any more. Who is observed is let go on the observation board only."""
    centre = centre_asked_for()

    def work(now: datetime) -> int:
        day = day_at(centre, now)
        if day.expected_at:
            raise DayGoesOn(time=day.expected_at)
        closing.close_all(day.open_tickets, by=me(), now=now)
        return len(day.open_tickets)

    return _done(centre, work)


@bp.post("/end/queue/undo")
@allow(Deed.CHECK_IN)
def reopen_queue() -> Response:
    """The whole closing that the page showed is taken back."""
    centre, step_id = centre_asked_for(), id_of(request.form, "closing") or 0
    return _done(centre, lambda now: closing.reopen(centre.id, step_id, by=me(), now=now))


def _done(centre: Centre, work: Callable[[datetime], int]) -> Response:
    now = clock.now()
    try:
        count = in_one_transaction(lambda: work(now))
    except DomainError as error:
        return _page(centre, NoteForm(formdata=None), 422, say(error))
    flash(_("Done: %(count)s.", count=count))
    return see_other("desk.end", centre=centre.code)


def _note(centre_id: int, text: str, now: datetime) -> None:
    row = DeskNote(centre_id=centre_id, day=clinic_day(now), at=now, by_id=me().id, text=text)
    db.session.add(row)
    db.session.flush()
    audit.record("note", row, by=me().id, now=now, centre_id=centre_id)


def _page(centre: Centre, form: NoteForm, status: int, refusal: str = "") -> Response:
    now = clock.now()
    day, closed = day_at(centre, now), closing.last_closing(centre.id, now)
    tickets = [*day.open_tickets, *(closed.tickets if closed else ())]
    rows: list[Appointment] = [*day.missing, *day.marked, *day.unfinished]
    seen: list[Appointment | Encounter] = [*rows, *(ticket.encounter for ticket in tickets)]
    audit.note_list("end of day", seen)
    return render(
        "desk/end.html",
        status=status,
        centre=centre,
        centres=centres_of(me()),
        day_=day,
        closed=closed,
        form=form,
        refusal=refusal,
        statuses=[Status.DONE, Status.ARRIVED, Status.BOOKED, Status.NO_SHOW, Status.CANCELLED],
        stations=stations(),
    )
