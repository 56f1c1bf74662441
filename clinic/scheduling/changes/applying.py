"""Changing hours with people booked: first show whom it concerns, then do what was shown.

A change shuts slots or takes places away. `preview` says which appointments lose their time and
names a version; `apply` refuses when a booking, a cancellation or another change came in between.
Nobody is cancelled: those who lose their time keep their booking and wait for a new one, and come
back to the old one if the hours are opened again. Shorter hours keep what was booked first.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, func, select, update

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Centre
from clinic.db import db
from clinic.scheduling import places
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.changes.change import Change
from clinic.scheduling.changes.held import forget_holds, slots_of_offers
from clinic.scheduling.changes.reopening import concerned, fit_sessions, open_again, restore
from clinic.scheduling.models import (
    Appointment,
    Booking,
    ClinicSession,
    Place,
    Slot,
)
from clinic.scheduling.queries import appointments
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.timetable import closings
from clinic.scheduling.timetable.closings import Lifting
from clinic.scheduling.timetable.opening import one_at_a_time
from clinic.scheduling.waitlist import marks, offering

UNSYNCHRONISED = {"synchronize_session": False}
SHUT = (0, 0)


@dataclass(frozen=True)
class Preview:
    """Whom a change concerns. `version` stands for exactly this answer."""

    version: str
    slots: Mapping[int, tuple[int, int]]  # what becomes of open ones: places, and of these online
    displaced: tuple[Appointment, ...]  # what loses its time, earliest first
    shut_too: tuple[int, ...]  # slots that are shut already, and get this reason beside others
    only: tuple[int, ...]  # open slots that lose one service, and go on for others
    lifting: Lifting  # closings that go, and the slots that open by that

    @property
    def child_ids(self) -> set[int]:
        return {appointment.child_id for appointment in self.displaced}

    @property
    def shuts(self) -> list[int]:
        """The slots that have a closing by it."""
        shut = (slot_id for slot_id, (capacity, _) in self.slots.items() if not capacity)
        return [*shut, *self.shut_too, *self.only]


def preview(change: Change, *, now: datetime) -> Preview:
    """What the change would do. It writes nothing. Raises as `change.check` does."""
    change.check()
    edits, shut_too, only = _edits(change, now)
    lost, marks = _losing(edits)
    if only and (theirs := _booked_for(change, only)):
        marks += [f"{row.id}:{row.version}:-" for row in theirs]
        lost = sorted({*lost, *(row.id for row in theirs)})
    lifting = closings.lifting(change.lifts(), now=now)
    shown = [
        *(f"{slot_id}={edits[slot_id]}" for slot_id in sorted(edits)),
        *sorted(marks),
        *map(str, only),
        str(sorted(lifting.opens)),
    ]
    displaced = appointments().where(Appointment.id.in_(lost)) if lost else None
    return Preview(
        version=hashlib.sha256(";".join(shown).encode()).hexdigest()[:16],
        slots=edits,
        displaced=tuple(db.session.scalars(displaced)) if displaced is not None else (),
        shut_too=shut_too,
        only=only,
        lifting=lifting,
    )


Edits = tuple[dict[int, tuple[int, int]], tuple[int, ...], tuple[int, ...]]


def _edits(change: Change, now: datetime) -> Edits:
    """What becomes of open slots by it, the slots in its way that are shut already, and the open
    ones that only lose a service."""
    query = (
        select(Slot.id, Slot.closed_at)
        .join(ClinicSession, ClinicSession.id == Slot.clinic_session_id)
        .where(change.shuts(), Slot.ends_at > now)
        .order_by(Slot.id)
    )
    rows = db.session.execute(query).all()
    open_ids = [row.id for row in rows if row.closed_at is None]
    only: set[int] = set()
    if change.service_id is not None:
        only = closings.given_by_others(open_ids, change.service_id)
    shut = {slot_id: SHUT for slot_id in open_ids if slot_id not in only}
    closed = tuple(row.id for row in rows if row.closed_at)
    return shut | dict(change.places(now)), closed, tuple(sorted(only))


def _booked_for(change: Change, slot_ids: Collection[int]) -> Sequence[Row[int, int]]:
    """The appointments there for the service that these slots lose, and their versions."""
    query = (
        select(Appointment.id, Appointment.version)
        .join(Place, Place.appointment_id == Appointment.id)
        .where(Place.slot_id.in_(slot_ids), Appointment.service_id == change.service_id)
        .distinct()
        .order_by(Appointment.id)
    )
    return db.session.execute(query).all()


def _losing(edits: dict[int, tuple[int, int]]) -> tuple[list[int], list[str]]:
    """The appointments that lose their time by these edits, and a mark of each that is concerned.

    Children who are here already stay: `edits` leaves them their place.
    """
    remaining = {slot_id: capacity for slot_id, (capacity, _) in edits.items()}
    lost, marks = [], []
    for row in _booked_in(edits):
        slot_ids = [slot_id for slot_id in row.slot_ids if slot_id in edits]
        stays = row.here or all(remaining[slot_id] > 0 for slot_id in slot_ids)
        marks.append(f"{row.id}:{row.version}:{stays:d}")
        if not stays:
            lost.append(row.id)
            continue
        for slot_id in slot_ids:
            remaining[slot_id] -= 1
            if remaining[slot_id] < 0:
                capacity, online = edits[slot_id]
                edits[slot_id] = (capacity + 1, online)
                remaining[slot_id] = 0
    return lost, marks


@dataclass(frozen=True)
class _Booked:
    id: int
    version: int
    here: bool
    slot_ids: list[int]


def _booked_in(slot_ids: Iterable[int]) -> list[_Booked]:
    """The appointments with a place there: of children who are here, then the first booked first."""
    query = (
        select(
            Place.slot_id,
            Appointment.id,
            Appointment.version,
            Appointment.arrived_at,
        )
        .join(Appointment, Appointment.id == Place.appointment_id)
        .join(Booking, Booking.id == Appointment.booking_id)
        .where(Place.slot_id.in_(list(slot_ids)))
        .order_by(Appointment.arrived_at.is_(None), Booking.made_at, Appointment.id, Place.slot_id)
    )
    found: dict[int, _Booked] = {}
    for row in db.session.execute(query):
        arrived = row.arrived_at is not None
        booked = found.setdefault(row.id, _Booked(row.id, row.version, arrived, []))
        booked.slot_ids.append(row.slot_id)
    return list(found.values())


def apply(change: Change, version: str, *, by: Person, now: datetime) -> Preview:
    """Do what was shown under that version. Raises NotAsShown when something came in between."""
    change.check()
    one_at_a_time(change.centre_ids)
    coming_back = lock_slots(change, now=now)
    db.session.expire_all()
    shown = preview(change, now=now)
    if shown.version != version:
        raise NotAsShown
    places.lock_children(coming_back | shown.child_ids)
    carry_out(change, shown, by=by, now=now)
    return shown


def carry_out(change: Change, shown: Preview, *, by: Person, now: datetime) -> None:
    """Do what was previewed. The caller has locked the centre, `lock_slots`, then the children.

    An appointment that loses its time is told apart from a cancelled one: `displaced_at`. New
    times are found afterwards, in transactions of their own: see `new_times.offer_to`.
    """
    freed = {
        slot_id
        for appointment in shown.displaced
        for slot_id in displace(appointment, by=by, now=now)
    }
    freed.update(forget_holds(shown.slots, now=now))
    if shown.only:
        freed.update(forget_holds(shown.only, now=now, service_id=change.service_id))
    raised = _raised(shown.slots)
    row = change.record(by=by, now=now)
    db.session.add(row)
    db.session.flush()
    closings.shut(shown.shuts, change.source(row), now=now)
    set_places(shown.slots)
    fit_sessions(shown.slots, by=by, now=now)
    _note(change, row, shown, by=by, now=now)
    open_again(shown.lifting, by=by, now=now)
    restore(raised, by=by, now=now)
    marks.look_again_for([appointment.child_id for appointment in shown.displaced], now=now)
    offering.on_freed((freed - set(shown.slots)) | raised, now=now)


def lock_slots(change: Change, *, now: datetime, also: Iterable[int] = ()) -> set[int]:
    """Lock every slot in which the change frees or takes a place, and `also`.

    Returns the ids of the children who may come back to their time by it, to be locked next.
    """
    edits, shut_too, only = _edits(change, now)
    lifting = closings.lifting(change.lifts(), now=now)
    around, coming_back = concerned([*lifting.opens, *_raised(edits)], now=now)
    touched = [*edits, *only]
    offers = slots_of_offers(touched)
    places.lock([*touched, *shut_too, *lifting.closing_ids, *around, *offers, *also])
    return coming_back


def _raised(edits: Mapping[int, tuple[int, int]]) -> set[int]:
    """Of these slots, those that have more places afterwards."""
    query = select(Slot.id, Slot.capacity).where(Slot.id.in_(list(edits)))
    return {row.id for row in db.session.execute(query) if edits[row.id][0] > row.capacity}


def displace(appointment: Appointment, *, by: Person, now: datetime) -> list[int]:
    """It loses its time. The slots that it was in, which the caller has locked."""
    if status_of(appointment) is not Status.BOOKED:
        raise AssertionError("only who is booked and not here yet can lose their time")
    appointment.displaced_at, appointment.displaced_by_id = now, by.id
    db.session.flush()
    audit.record("displace", appointment, by=by.id, now=now, centre_id=appointment.centre_id)
    return places.free(appointment_id=appointment.id)


def set_places(slots: Mapping[int, tuple[int, int]]) -> None:
    """Give slots that stay open so many places, and so many of these online."""
    smaller: dict[tuple[int, int], list[int]] = {}
    for slot_id, edit in slots.items():
        if edit[0]:
            smaller.setdefault(edit, []).append(slot_id)
    # Nobody loses a place because it was booked online.
    share = func.max if db.engine.dialect.name == "sqlite" else func.greatest
    for (capacity, online), slot_ids in smaller.items():
        db.session.execute(
            update(Slot)
            .where(Slot.id.in_(slot_ids))
            .values(capacity=capacity, online_capacity=share(online, Slot.online_taken)),
            execution_options=UNSYNCHRONISED,
        )


def _note(change: Change, row: object, shown: Preview, *, by: Person, now: datetime) -> None:
    audit.record(
        change.action,
        row if hasattr(row, "id") else db.session.get_one(Centre, change.centre_ids[0]),
        by=by.id,
        now=now,
        centre_id=change.centre_id,
        slots=len(shown.slots) + len(shown.only),
        **change.told(),
        displaced=[appointment.id for appointment in shown.displaced],
    )
    db.session.flush()
