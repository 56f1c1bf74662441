"""The queue at a station: call next, call again, skip, hand over, finish, undo."""

from collections.abc import Callable
from datetime import datetime

from flask import Response, abort, request
from werkzeug.datastructures import MultiDict

from clinic import audit, clock
from clinic.accounts.access import allow, is_away, me, names_nobody
from clinic.accounts.rights import Deed
from clinic.accounts.sent_forms import stays
from clinic.centres.models import Centre, Room
from clinic.db import in_one_transaction
from clinic.desk import live
from clinic.desk.blueprint import bp
from clinic.desk.queue_queries import get_ticket, hall, last_steps, own_place, staff_centres
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.outside import an_id, id_of
from clinic.sentences import mark
from clinic.services.room import watched_at
from clinic.visits import line, rules
from clinic.visits.models import Ticket
from clinic.visits.queries import rooms_of
from clinic.visits.rules import State, Verb
from clinic.visits.stations import Station, stations
from clinic.visits.steps import JustChanged, roles_at
from clinic.web import is_htmx, render, see_other

LABELS = {
    Verb.CALL: mark("Call"),
    Verb.CALL_AGAIN: mark("Call again"),
    Verb.BEGIN: mark("Is here"),
    Verb.SKIP: mark("Not here"),
    Verb.BACK: mark("Back in line"),
    Verb.HAND_OVER: mark("Hand over"),
    Verb.FINISH: mark("Finish"),
    Verb.CLOSE: mark("Close"),
}
TRIES = 3


@bp.get("/queue")
@allow(Deed.SERVE_QUEUE)
@names_nobody("while its reader is away it shows times and tickets only")
def queue() -> Response:
    return _page(*_asked_for(request.args), "")


@bp.post("/queue/next")
@allow(Deed.SERVE_QUEUE)
@stays
def call_next() -> Response:
    centre, station, room = _asked_for(request.form)

    def work() -> None:
        at = _room(centre.id, request.form.get("room"))
        if at is None:
            raise line.NotOurRoom
        line.call_next(centre.id, station.code, at, by=me(), now=clock.now())

    return _after(_try(work), centre, station, room)


@bp.post("/queue/tickets/<id:ticket_id>")
@allow(Deed.SERVE_QUEUE)
def step(ticket_id: int) -> Response:
    ticket = get_ticket(me(), ticket_id)
    centre, station, room = _asked_for(request.form, ticket.encounter.centre)
    refusal = _try(lambda: _do(get_ticket(me(), ticket_id)))
    return _after(refusal, centre, station, room, ticket_id)


def _asked_for(
    values: MultiDict[str, str], centre: Centre | None = None
) -> tuple[Centre, Station, Room | None]:
    """Centre, station and room of the address or the form; else where this user works."""
    mine = staff_centres(me())
    if centre is None:
        code = values.get("centre")
        centre = next((centre for centre in mine if code in (None, centre.code)), None) or abort(
            404
        )
    if "station" not in values and "room" not in values:
        code, room_id = own_place(me(), centre, clock.now())
        return centre, stations()[code], _room(centre.id, room_id)
    station = stations().get(values.get("station", "")) or next(iter(stations().values()))
    return centre, station, _room(centre.id, values.get("room"))


def _room(centre_id: int, room_id: object) -> Room | None:
    wanted = an_id(str(room_id))
    return next((room for room in rooms_of(centre_id) if room.id == wanted), None)


def _do(ticket: Ticket) -> None:
    """The verb of the form. Raises DomainError; an unknown verb is a bad request."""
    verb, seen = request.form.get("verb", ""), id_of(request.form, "seen")
    if verb not in [*Verb] or seen is None:
        raise JustChanged
    room = _room(ticket.centre_id, request.form.get("to_room") or request.form.get("room"))
    if ticket.state is State.OBSERVING and verb != Verb.UNDO:
        _must_not_be_kept(ticket)
    facts = {"seen": seen, "by": me(), "now": clock.now()}
    if verb == Verb.CALL:
        if room is None:
            raise line.NotOurRoom
        line.call(ticket, room, **facts)  # type: ignore[arg-type]
    elif verb == Verb.HAND_OVER:
        to_room = _room(ticket.centre_id, request.form.get("to_room"))
        line.hand_over(ticket, request.form.get("to", ""), to_room, **facts)  # type: ignore[arg-type]
    else:
        getattr(line, verb)(ticket, **facts)


def _must_not_be_kept(ticket: Ticket) -> None:
    """Raise what the service's room says of a child that it lets go itself."""
    child_id = ticket.encounter.child_id
    if watched := watched_at({child_id}, ticket.centre_id).get(child_id):
        raise watched.refusal


def _try(work: Callable[[], None]) -> str:
    """Do it; what was refused, in words. Two rooms that met try again: each finds another child."""
    for left in reversed(range(TRIES)):
        try:
            in_one_transaction(work)
        except DomainError as error:
            if not (isinstance(error, JustChanged) and left and request.path.endswith("/next")):
                return say(error)
        else:
            return ""
    raise AssertionError("unreachable")


def _after(
    refusal: str, centre: Centre, station: Station, room: Room | None, ticket_id: int = 0
) -> Response:
    if refusal or is_htmx():
        return _page(centre, station, room, refusal, ticket_id)
    return see_other(
        "desk.queue", centre=centre.code, station=station.code, room=room.id if room else ""
    )


def _page(
    centre: Centre, station: Station, room: Room | None, refusal: str, refused: int = 0
) -> Response:
    """The queue; what was refused stands at that ticket, if it is shown, else at the button."""
    now = clock.now()
    made_of = ("queue", station.code, room.id if room else 0, live.minute(now))
    tag = live.tag_of(centre, now, *made_of)
    return live.answer(tag, lambda: _render(centre, station, room, refusal, refused, tag, now))


def _render(
    centre: Centre,
    station: Station,
    room: Room | None,
    refusal: str,
    refused: int,
    tag: str,
    now: datetime,
) -> Response:
    roles = roles_at(me(), centre.id)
    here, lasts = hall(centre, station, room, now), last_steps(me(), centre, now)
    shown = [*here.tickets, *(one for one, _ in lasts)]
    if not is_away():
        audit.note_list("queue", [ticket.encounter for ticket in shown])
    return render(
        "desk/queue.html",
        partial="desk/_queue.html",
        status=422 if refusal else 200,
        tag="" if refusal else tag,
        me=me(),
        centre=centre,
        centres=staff_centres(me()),
        station=station,
        stations=stations(),
        room=room,
        rooms=rooms_of(centre.id),
        hall=here,
        lasts=lasts,
        refusal=refusal,
        refused=refused if any(ticket.id == refused for ticket in shown) else 0,
        labels=LABELS,
        states=State,
        may=lambda ticket, verb: rules.may(
            ticket.state, Verb(verb), roles, stations()[ticket.station]
        ),
    )
