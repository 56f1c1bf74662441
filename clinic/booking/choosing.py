"""What the chooser shows: from what was asked for to days and free times. It writes nothing.

Whatever is asked for and does not exist is passed over: an old link still shows free times.
Only a child that is not theirs is not found.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy.exc import NoResultFound
from werkzeug.datastructures import MultiDict

from clinic.accounts.models import Person
from clinic.booking.chooser import Chooser
from clinic.booking.nearby import FEW, nearest_first
from clinic.booking.queries import get_appointment
from clinic.booking.reading import codes_in
from clinic.booking.requirements import requirements_of
from clinic.booking.strip import strip_of
from clinic.centres.districts import find_district
from clinic.clock import clinic_day
from clinic.outside import a_day, id_of, ids_of, pick
from clinic.scheduling.dayparts import PARTS
from clinic.scheduling.models import Appointment
from clinic.scheduling.policies.policy import DEFAULT
from clinic.scheduling.search.catalogue import Catalogue, last_known, read
from clinic.scheduling.search.courses import MOST_SESSIONS
from clinic.scheduling.search.family import family_of
from clinic.services.room import followers_of, room_of

DAYS = DEFAULT.release_days  # ahead, where no policy says otherwise
MOST_TOGETHER = 4

T = TypeVar("T")


def ask(
    user: Person,
    kind: str,
    args: MultiDict[str, str],
    *,
    near: dict[str, float] | None,
    now: datetime,
) -> Chooser:
    """Who asks for what, where: everything but the times. One statement, as long as the catalogue holds."""
    move = id_of(args, "move")
    moving = get_appointment(user, move) if move is not None else None
    day, today = a_day(args.get("day")), clinic_day(now)
    for catalogue in (last_known, read):
        chooser = _place(catalogue().on(today), user, kind, args, moving, near)
        chooser.strip = strip_of(chooser.policies, day, today)
        days = chooser.strip.searched
        chooser.children, chooser.versions = family_of(user, chooser.centre_ids, days, now=now)
        if not chooser.children or chooser.versions.shared == chooser.catalogue.version:
            break
    chooser.now = now
    if moving:
        chooser.children = [child for child in chooser.children if child.id == moving.child_id]
    asked = id_of(args, "child")
    chooser.child = pick(chooser.children, asked)
    if asked and chooser.child is None:
        raise NoResultFound  # not theirs, or not any more
    chooser.child = chooser.child or first(chooser.children)
    if not moving:
        _add_company(chooser, kind, args)
    if chooser.child and chooser.service:
        chooser.requirements = requirements_of(
            chooser.wishes, codes_in(args), chooser.moving, now=now
        )
    return chooser


def _add_company(chooser: Chooser, kind: str, args: MultiDict[str, str]) -> None:
    """Brothers and sisters, what follows, or a course: all that makes it more than one appointment."""
    asked = set(ids_of(args, "with"))
    others = [child for child in chooser.children if child != chooser.child and child.id in asked]
    chooser.together = others[: MOST_TOGETHER - 1]
    if following := followers_of(kind):
        chooser.followers = [
            service for room in following for service in chooser.catalogue.services_of(room.kind)
        ]
        chooser.then = pick(chooser.followers, id_of(args, "then"))
    if room_of(kind).courses and not chooser.together:
        sessions = id_of(args, "sessions") or 1
        chooser.sessions = sessions if sessions <= MOST_SESSIONS else 1


def _place(
    catalogue: Catalogue,
    user: Person,
    kind: str,
    args: MultiDict[str, str],
    moving: Appointment | None,
    near: dict[str, float] | None,
) -> Chooser:
    """What is looked for, and where: all that can be said without the family."""
    chooser = Chooser(catalogue, services=catalogue.services_of(kind), moving=moving)
    if moving:
        chooser.services = [
            service for service in chooser.services if service.id == moving.service_id
        ]
    chooser.service = pick(chooser.services, id_of(args, "service")) or first(chooser.services)
    if not chooser.service:
        return chooser
    if district := find_district(args.get("district")):
        chooser.district = district.name_zh
        near = {"lat": district.latitude, "lng": district.longitude}
    offering = catalogue.centres.get(chooser.service.id, ())
    chooser.centres, chooser.distances = nearest_first(offering, near, user)
    chooser.centre = pick(chooser.centres, id_of(args, "centre"))
    chooser.more = min(id_of(args, "more") or 0, len(chooser.centres) // FEW)
    shown = set(chooser.centre_ids)
    all_of_them = catalogue.practitioners.get(chooser.service.id, ())
    asked = pick(all_of_them, id_of(args, "practitioner"))
    if asked and (chooser.centre is None or asked.centre_id == chooser.centre.id):
        chooser.practitioner = asked
        shown.add(asked.centre_id)
    chooser.practitioners = [
        practitioner for practitioner in all_of_them if practitioner.centre_id in shown
    ]
    part = args.get("part", "")
    chooser.part = part if part in PARTS else ""
    return chooser


def first(rows: Sequence[T]) -> T | None:
    """The first, if there is any."""
    return rows[0] if rows else None
