"""What a form or an address wishes for, read; and what is said when it cannot be had."""

from collections.abc import Sequence
from datetime import datetime

from flask import Response, abort, flash, request
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound
from werkzeug.datastructures import MultiDict

from clinic.accounts.access import me
from clinic.accounts.models import Person
from clinic.booking import courses
from clinic.booking.chooser import wishes_of
from clinic.booking.choosing import facts_for, pick
from clinic.booking.gone import gone
from clinic.booking.queries import get_appointment
from clinic.booking.wishing import carried, wish_text
from clinic.clock import clinic_day
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.outside import id_of, ids_of, joined_ids
from clinic.scheduling.booking import holding
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import where_and_when
from clinic.scheduling.request import Held, Request, Resting, SlotTaken
from clinic.scheduling.requirements import RequirementsOf
from clinic.scheduling.search.courses import MOST_SESSIONS
from clinic.web import see_other


def not_for_this(kind: str) -> Response | None:
    """Where to go instead, if the choice was changed after these times were found, or begins a course.

    Without scripts the times do not follow the choice by themselves.
    """
    form = request.form
    wish = carried(form)
    if "shown" in form and form["shown"] != wish_text(form):
        flash(_("You changed your choice. These are the times for it now."), "info")
        return see_other(f"{kind}.choose", **wish)
    if "shown" in form and "sessions" in wish_text(form):
        names = ("child", "service", "sessions", "practitioner", "slot")
        return see_other(f"{kind}.course", **carried(form, names))
    return None


def asked_for(
    user: Person, kind: str, form: MultiDict[str, str], *, now: datetime
) -> tuple[list[Request], list[int]]:
    """The wishes of the form and a slot for each. Aborts with 404 for what is not theirs or not there."""
    catalogue, _versions, children = facts_for(user, [clinic_day(now)], lambda _: (), now=now)
    child = pick(children, id_of(form, "child")) or abort(404)
    others = [number for number in ids_of(form, "with") if number != child.id]
    together = [pick(children, number) or abort(404) for number in dict.fromkeys(others)]
    service = pick(catalogue.services_of(kind), id_of(form, "service")) or abort(404)
    then = None
    if (follower := id_of(form, "then")) is not None:
        then = pick(catalogue.services, follower) or abort(404)
    wishes = wishes_of(child, together, service, then)
    slots = joined_ids(form.get("slot"), MOST_SESSIONS)
    if len(wishes) == 1:
        wishes *= len(slots)  # a course: one child, many times
    if not slots or len(slots) != len(wishes):
        abort(404)
    return wishes, slots


def moved_in(args: MultiDict[str, str], wishes: Sequence[Request]) -> Appointment | None:
    """The appointment that is to move; 404 unless it is for what is wished for."""
    move = id_of(args, "move")
    moving = get_appointment(me(), move) if move else None
    same = (wishes[0].child.id, wishes[0].service.id)
    if moving and (moving.child_id, moving.service_id) != same:
        abort(404)
    return moving


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


def look_again(error: DomainError, slots: Sequence[int], *, now: datetime) -> DomainError:
    """What is to be said of these slots: whether a place rests; what is over goes to who waits for it."""
    if not isinstance(error, SlotTaken):
        return error
    over, rests = holding.over_and_resting(slots, now=now)
    if over:
        in_one_transaction(lambda: holding.let_go(over, now=now))
    return Resting() if rests else error


def instead(
    error: DomainError,
    wishes: Sequence[Request],
    slots: Sequence[int],
    required: RequirementsOf,
    moving: Appointment | None,
    kind: str,
    title: str,
    reason: str,
    *,
    now: datetime,
) -> Response:
    """Why not, and what would do instead; for a course the plan anew."""
    if "begin" in request.values:
        return courses.again(kind, error)
    at = where_and_when(slots[0]) or abort(404)
    return gone(error, wishes, at, moving, title, required, reason=reason, now=now)
