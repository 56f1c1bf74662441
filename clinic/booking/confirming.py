"""Turning what is held into appointments: the places first, then what else the visits need."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from clinic.accounts.models import Person
from clinic.booking.offers import NOTHING_SAID, Ticked, offered
from clinic.booking.other_part import Other, follow, lock_both, moves_of
from clinic.booking.terms import OF_KIND, Asked, kept_with
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.booking import booking
from clinic.scheduling.models import Appointment, Channel, HoldFor
from clinic.scheduling.request import Held, Refused, Request


def book_or_move(
    wanted: Sequence[Request],
    other: Other | None = None,
    choice: str = "",
    ticked: Ticked = NOTHING_SAID,
    *,
    by: Person,
    now: datetime,
) -> list[int]:
    """The ids of the appointments that these holds became, or of the one that moved into them.

    `choice` is what becomes of the `other` part of a visit that is moved; `ticked` what an offer to
    who waited is for, by child. Raises as `booking.make` and `booking.move` do, or what the terms raise.
    """
    lead = hold_of(wanted[0])
    if lead.moves_id is not None:
        moving = db.session.get_one(Appointment, lead.moves_id)
        if other:
            lock_both(moving, other, wanted[0])
        _move(wanted[0], moving, other, choice, by=by, now=now)
        return [moving.id]
    made = booking.make(wanted, by=by, key=f"hold:{lead.id}", channel=Channel.ONLINE, now=now)
    if made.is_new:
        codes = codes_kept(wanted)
        _must_be_allowed(wanted, ticked or codes, None, by=by, now=now)
        for one, number in zip(wanted, made.appointment_ids, strict=True):
            terms = OF_KIND.get(one.service.kind)
            if terms and codes.get(one.child.id) != []:  # or it comes with a question
                made_of_it = db.session.get_one(Appointment, number)
                terms.book(hold_of(one), made_of_it, by=by, now=now)
    return made.appointment_ids


def _move(
    wanted: Request,
    moving: Appointment,
    other: Other | None,
    choice: str,
    *,
    by: Person,
    now: datetime,
) -> None:
    _must_be_allowed([wanted], codes_kept([wanted]), moving, by=by, now=now)
    terms = OF_KIND.get(wanted.service.kind)
    if terms:
        terms.book(hold_of(wanted), moving, by=by, now=now)
    moves = moves_of(moving, wanted, other, choice)
    if len(moves) > 1:
        booking.move_all(moves, by=by, online=True, now=now)
    else:
        booking.move(moving, wanted, by=by, online=True, now=now)
    if terms:
        terms.moved(moving)
    if other:
        follow(other, choice, by=by, online=True, now=now)


def _must_be_allowed(
    wanted: Sequence[Request],
    codes: Mapping[int, Collection[str]],
    moving: Appointment | None,
    *,
    by: Person,
    now: datetime,
) -> None:
    """What was kept must still be legal; an offer to who waited gets now what it needs beside its place.

    Raises Refused, or what keeping raises.
    """
    if not any(wish.service.kind in OF_KIND for wish in wanted):
        return
    wishes = [Request(wish.child, wish.service) for wish in wanted]
    day = clinic_day(wanted[0].starts_at)
    if hold_of(wanted[0]).purpose is HoldFor.WAITLIST:
        asked = offered(wishes, codes, day, now=now)
        asked.keep([hold_of(wish) for wish in wanted], by=by, now=now)
    else:
        asked = asked_by(wishes, codes, moving, now=now)
    for one in wanted:
        day = clinic_day(one.starts_at)
        if found := asked.objections(one.child, one.service, day):
            raise Refused(found)


def asked_by(
    wishes: Sequence[Request],
    codes: Mapping[int, Collection[str]],
    moving: Appointment | None,
    *,
    now: datetime,
) -> Asked:
    """The terms of these wishes."""
    return Asked(wishes, codes, moving, today=clinic_day(now), now=now)


def codes_kept(wanted: Sequence[Request]) -> dict[int, list[str]]:
    """What is kept with a form's holds, by child; of an offer that was not looked at yet, nothing is said."""
    if hold_of(wanted[0]).purpose is not HoldFor.FORM:
        return {}
    lines = kept_with({hold_of(wish).id: wish.service.kind for wish in wanted})
    codes: dict[int, list[str]] = {}
    for one in wanted:
        if one.service.kind in OF_KIND:
            codes.setdefault(one.child.id, []).extend(x.code for x in lines[hold_of(one).id])
    return codes


def hold_of(wanted: Request) -> Held:
    """The hold that is confirmed."""
    assert wanted.hold
    return wanted.hold
