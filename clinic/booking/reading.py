"""What a form or an address asks for: who comes for what, at which times, and the filters beside it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Response, abort, flash, request
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound
from werkzeug.datastructures import MultiDict

from clinic.accounts.models import Person
from clinic.booking.queries import get_appointment
from clinic.centres.models import Service
from clinic.clock import clinic_day
from clinic.outside import a_word, an_id, id_of, ids_of, joined_ids, pick
from clinic.scheduling.models import Appointment, Hold
from clinic.scheduling.search.catalogue import Catalogue
from clinic.scheduling.search.courses import MOST_SESSIONS
from clinic.scheduling.search.family import facts_for
from clinic.scheduling.verdict.diaries import Patient
from clinic.scheduling.verdict.request import Held, Request
from clinic.scheduling.verdict.requirements import Codes
from clinic.web import see_other

WHO = ("child", "with", "service", "then", "sessions")  # times are found for just this
FILTERS = ("centre", "district", "practitioner", "part", "more")
PATTERN = ("sessions", "weekdays", "gap", "longest", "begin")  # of a course
ALL = (*WHO, "need", "day", "move", *FILTERS)
# Goes along to the page that confirms: what was wished for, should the time be held no more.
KEPT = (*ALL, "slot", "any")
MOST = 50  # values of one name

Query = dict[str, object]
MOST_NEEDS = 100  # boxes of one form


def carried(args: MultiDict[str, str], names: Collection[str] = ALL) -> Query:
    """What the address or form says under these names, for the next address."""
    return {
        name: values
        for name in names
        if (values := [value for value in args.getlist(name)[:MOST] if value])
    }


def wish_text(args: MultiDict[str, str]) -> str:
    """Who comes for what as one text, the same however it was said; one session is no course."""
    said = carried(args, WHO)
    if said.get("sessions") == ["1"]:
        del said["sessions"]
    return " ".join(
        f"{name}={'-'.join(sorted(set(map(str, values))))}"
        for name, values in said.items()
        if isinstance(values, list)
    )


def text_of(query: Mapping[str, object]) -> str:
    """The same of an address."""
    pairs = [
        (name, str(text))
        for name, value in query.items()
        if value is not None
        for text in (value if isinstance(value, list) else [value])
    ]
    return wish_text(MultiDict(pairs))


def wish_of(group: Sequence[Hold], codes: Mapping[int, Collection[str]]) -> Query:
    """What was asked for when these times were kept; `codes` are what they were to be for, by child."""
    lead = group[0]
    then = next((hold.service_id for hold in group if hold.service_id != lead.service_id), None)
    others = {hold.child_id: None for hold in group if hold.child_id != lead.child_id}
    day = clinic_day(lead.slot.starts_at).isoformat()
    if lead.moves_id:
        return {"move": lead.moves_id, "day": day}
    return {
        "child": lead.child_id,
        "with": list(others) or None,
        "service": lead.service_id,
        "then": then,
        "need": needs_text(codes) or None,
        "day": day,
    }


def codes_in(args: MultiDict[str, str]) -> dict[int, set[str]]:
    """What is ticked, by child: `need=12.MMR`. A form with boxes says `12.` too, for none ticked."""
    found: dict[int, set[str]] = {}
    for text in args.getlist("need")[:MOST_NEEDS]:
        child, _, code = text.partition(".")
        if (child_id := an_id(child)) is not None:
            found.setdefault(child_id, set()).update({a_word(code)} - {""})
    return found


def needs_text(codes: Codes) -> list[str]:
    """The same as an address or a form has it."""
    return [f"{child}.{code}" for child in sorted(codes) for code in ("", *sorted(codes[child]))]


def redirect_if_changed(kind: str) -> Response | None:
    """Where to go instead, if the choice was changed after these times were found, or begins a course.

    Without scripts the times do not follow the choice by themselves.
    """
    form = request.form
    if "shown" in form and form["shown"] != wish_text(form):
        flash(_("You changed your choice. These are the times for it now."), "info")
        return see_other(f"{kind}.choose", **carried(form))
    if "shown" in form and "sessions" in wish_text(form):
        names = ("child", "service", "sessions", "practitioner", "slot")
        return see_other(f"{kind}.course", **carried(form, names))
    return None


@dataclass(frozen=True)
class Choice:
    """What was chosen: the requests and a slot for each, what moves there, and what it is for."""

    requests: list[Request]
    slots: list[int]
    moving: Appointment | None
    codes: Codes
    catalogue: Catalogue


def choice_in(user: Person, kind: str, form: MultiDict[str, str], *, now: datetime) -> Choice:
    """The choice that the form says. Aborts with 404 for what is not theirs or not there."""
    catalogue, _versions, children = facts_for(user, [clinic_day(now)], lambda _: (), now=now)
    child = pick(children, id_of(form, "child")) or abort(404)
    others = [number for number in ids_of(form, "with") if number != child.id]
    together = [pick(children, number) or abort(404) for number in dict.fromkeys(others)]
    service = pick(catalogue.services_of(kind), id_of(form, "service")) or abort(404)
    then = None
    if (follower := id_of(form, "then")) is not None:
        then = pick(catalogue.services, follower) or abort(404)
    requests = requests_of(child, together, service, then)
    slots = joined_ids(form.get("slot"), MOST_SESSIONS)
    if len(requests) == 1:
        requests *= len(slots)  # a course: one child, many times
    if not slots or len(slots) != len(requests):
        abort(404)
    moving = _moved_in(user, form, requests[0])
    return Choice(requests, slots, moving, codes_in(form), catalogue)


def _moved_in(user: Person, form: MultiDict[str, str], first: Request) -> Appointment | None:
    """The appointment that is to move; 404 unless it is for what is asked for."""
    move = id_of(form, "move")
    moving = get_appointment(user, move) if move else None
    if moving and (moving.child_id, moving.service_id) != (first.child.id, first.service.id):
        abort(404)
    return moving


def requests_of(
    child: Patient | None,
    together: Sequence[Patient],
    service: Service | None,
    then: Service | None,
) -> list[Request]:
    """Every child for the service, then every child for what follows it."""
    if child is None or service is None:
        return []
    family = [child, *together]
    return [Request(each, what) for what in (service, then) if what for each in family]


def slots_text(holds: Sequence[Held]) -> str:
    """Their slots as an address says them."""
    return "-".join(str(hold.slot_id) for hold in holds)


def must_be_shown(holds: Sequence[Held]) -> None:
    """Raise NoResultFound if the address is of other times than these.

    A hold that is deleted leaves its number to a newer one, where the database counts so: an older
    tab must not book a time that it does not show.
    """
    shown = request.args.get("slot")
    if shown and shown != slots_text(holds):
        raise NoResultFound
