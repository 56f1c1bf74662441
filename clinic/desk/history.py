"""Who did what to a visit, and when: read from the trail, which nobody can change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select

from clinic.accounts.models import User
from clinic.audit.trail import AuditEvent
from clinic.db import db
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import appointments
from clinic.scheduling.status import Status, status_of
from clinic.sentences import mark

# What is told of the trail; the rest of it is not for the desk.
DEEDS = {
    "book": mark("booked"),
    "move": mark("moved"),
    "check_in": mark("checked in"),
    "undo_check_in": mark("check-in taken back"),
    "finish": mark("finished"),
    "undo_finish": mark("no longer finished"),
    "no_show": mark("marked as missed"),
    "undo_no_show": mark("no longer missed"),
    "cancel": mark("cancelled"),
    "displace": mark("time withdrawn"),
    "restore": mark("time given back"),
    "ask": mark("to be decided about"),
    "keep_visit": mark("kept as it is"),
}


@dataclass(frozen=True)
class Deed:
    """Something that was done, and why; `before` is the time that a visit was moved from, with its slot."""

    at: datetime
    what: str
    by: str | None
    before: datetime | None = None
    before_slot: int | None = None
    why: str = ""


def history_of(appointment: Appointment) -> Sequence[Deed]:
    """What was done to the visit, the first first. One query."""
    query = (
        select(AuditEvent.at, AuditEvent.action, AuditEvent.details, User.name)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(
            AuditEvent.subject == "appointments",
            AuditEvent.subject_id == appointment.id,
            AuditEvent.action.in_(DEEDS),
        )
        .order_by(AuditEvent.at, AuditEvent.id)
    )
    return [
        Deed(
            at,
            DEEDS[action],
            name,
            _moment(details.get("before")),
            _number(details.get("before_slot")),
            attendance.WRONG_CHECK_IN.get(str(details.get("reason")), ""),
        )
        for at, action, details, name in db.session.execute(query)
    ]


def last_move(appointment: Appointment, history: Sequence[Deed], *, now: datetime) -> Deed | None:
    """What was done last, if it was a move that can be taken back: its earlier time is still to come,
    and was not withdrawn by the centre."""
    *_, before, last = [None, None, *history]
    if last is None or last.what != DEEDS["move"] or status_of(appointment) is not Status.BOOKED:
        return None
    was_withdrawn = before is not None and before.what == DEEDS["displace"]
    is_to_come = last.before is not None and last.before > now
    return last if last.before_slot and is_to_come and not was_withdrawn else None


def moved_together(
    appointment: Appointment, history: Sequence[Deed], *, now: datetime
) -> list[tuple[Appointment, Deed]]:
    """The visit, and the other part of it that the same press moved, each with that move; only
    while it can be taken back (`last_move`). Empty if the visit's own cannot."""
    last = last_move(appointment, history, now=now)
    if last is None:
        return []
    moved_then = exists().where(
        AuditEvent.subject == "appointments",
        AuditEvent.subject_id == Appointment.id,
        AuditEvent.action == "move",
        AuditEvent.at == last.at,
    )
    others = appointments().where(
        Appointment.booking_id == appointment.booking_id,
        Appointment.child_id == appointment.child_id,
        Appointment.id != appointment.id,
        moved_then,
    )
    moves = [
        (part, last_move(part, history_of(part), now=now)) for part in db.session.scalars(others)
    ]
    same = [(part, move) for part, move in moves if move is not None and move.at == last.at]
    return [(appointment, last), *same]


def _number(found: object) -> int | None:
    return found if isinstance(found, int) else None


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
