"""Changing hours with people booked: first show whom it concerns, then do what was shown.

A change closes slots or takes places away. `preview` says which appointments lose their time and
names a version; `apply` refuses when a booking, a cancellation or another change came in between.
Nobody is cancelled: those who lose their time keep their booking and wait for a new one, and come
back to the old one if the hours are opened again. Shorter hours keep whoever booked first.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Row, and_, delete, func, literal, not_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from clinic import audit
from clinic.accounts.models import User
from clinic.centres.models import AdjustedDay, Centre, Closure, Leave, Practitioner, Room
from clinic.clock import at, clinic_day
from clinic.db import broken_promise, db
from clinic.errors import DomainError
from clinic.i18n import mark
from clinic.scheduling import places, waiting
from clinic.scheduling.models import (
    Appointment,
    Booking,
    ClinicSession,
    ClosedFor,
    Hold,
    HoldFor,
    Place,
    RotaRule,
    Slot,
)
from clinic.scheduling.opening import EndsBeforeItBegins, NoPlaces, one_at_a_time
from clinic.scheduling.queries import appointments
from clinic.scheduling.rota import applies
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.wanted import refusal

UNSYNCHRONISED = {"synchronize_session": False}
SHUT = (0, 0)


class Stale(DomainError):
    message = mark("Something has changed since this was shown. Please look again.")

    def __init__(self, preview: "Preview") -> None:
        self.preview = preview
        super().__init__()


class NothingToChange(DomainError):
    message = mark("There are no sessions in these hours.")


class EndsLater(DomainError):
    message = mark("A rule can only end earlier than it does. Please add another rule.")


class Change(Protocol):
    """What is to happen. `edits` gives the places a slot will have, and of these online: none shuts it.

    `keeps_shut` are slots shut already that stay so when what shut them is lifted; `opens` are
    slots that this change opens again.
    """

    why: ClosedFor

    @property
    def centre_id(self) -> int: ...
    def check(self) -> None: ...
    def edits(self, now: datetime) -> Mapping[int, tuple[int, int]]: ...
    def keeps_shut(self, now: datetime) -> list[int]: ...
    def opens(self, now: datetime) -> list[int]: ...
    def record(self, *, by: User, now: datetime) -> object: ...


class _Once:
    """A change that concerns only what is open, and opens nothing."""

    def keeps_shut(self, now: datetime) -> list[int]:
        return []

    def opens(self, now: datetime) -> list[int]:
        return []


@dataclass(frozen=True)
class Close(_Once):
    """Shut a centre, or one of its rooms. Families read the reason."""

    centre: Centre
    starts_at: datetime
    ends_at: datetime
    reason_zh: str
    reason_en: str
    room: Room | None = None
    why = ClosedFor.CLOSURE

    @property
    def centre_id(self) -> int:
        return self.centre.id

    def check(self) -> None:
        _must_last(self.starts_at, self.ends_at)

    def edits(self, now: datetime) -> Mapping[int, tuple[int, int]]:
        room = [ClinicSession.room_id == self.room.id] if self.room else []
        inside = (Slot.starts_at < self.ends_at, Slot.ends_at > self.starts_at)
        return _shut(now, ClinicSession.centre_id == self.centre.id, *room, *inside)

    def record(self, *, by: User, now: datetime) -> object:
        return Closure(
            centre_id=self.centre.id,
            room_id=self.room.id if self.room else None,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            reason_zh=self.reason_zh,
            reason_en=self.reason_en,
            made_at=now,
            made_by_id=by.id,
        )


@dataclass(frozen=True)
class Away(_Once):
    """A practitioner's leave, for days or for hours."""

    practitioner: Practitioner
    starts_at: datetime
    ends_at: datetime
    reason: str = ""
    why = ClosedFor.LEAVE

    @property
    def centre_id(self) -> int:
        return self.practitioner.centre_id

    def check(self) -> None:
        _must_last(self.starts_at, self.ends_at)

    def edits(self, now: datetime) -> Mapping[int, tuple[int, int]]:
        return _shut(
            now,
            Slot.practitioner_id == self.practitioner.id,
            Slot.starts_at < self.ends_at,
            Slot.ends_at > self.starts_at,
        )

    def record(self, *, by: User, now: datetime) -> object:
        return Leave(
            centre_id=self.practitioner.centre_id,
            practitioner_id=self.practitioner.id,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            reason=self.reason,
            made_at=now,
            made_by_id=by.id,
        )


@dataclass(frozen=True)
class NewHours(_Once):
    """A session has the slots within these hours, with so many places each.

    Hours without a slot withdraw it; more places than before open online too. Slots that an
    earlier change of this kind shut open again, with the places that they had.
    """

    session: ClinicSession
    begins: time
    closes: time
    capacity: int | None = None  # as it was
    why = ClosedFor.HAND

    @property
    def centre_id(self) -> int:
        return self.session.centre_id

    def check(self) -> None:
        if self.closes < self.begins:
            raise EndsBeforeItBegins
        if self.capacity is not None and self.capacity < 0:
            raise NoPlaces

    def edits(self, now: datetime) -> Mapping[int, tuple[int, int]]:
        day = self.session.starts_at
        starts_at, ends_at = (at(clinic_day(day), wall) for wall in (self.begins, self.closes))
        found = {}
        for slot in _open_slots(now, Slot.clinic_session_id == self.session.id):
            capacity = slot.capacity if self.capacity is None else self.capacity
            more = max(0, capacity - slot.capacity)
            inside = starts_at <= slot.starts_at and slot.ends_at <= ends_at
            online = min(slot.online_capacity + more, capacity)
            new = (capacity, online) if inside else SHUT
            if new != (slot.capacity, slot.online_capacity):
                found[slot.id] = new
        return found

    def keeps_shut(self, now: datetime) -> list[int]:
        theirs = Slot.clinic_session_id == self.session.id
        return _shut_slots(now, theirs, not_(self._inside()))

    def opens(self, now: datetime) -> list[int]:
        theirs = Slot.clinic_session_id == self.session.id
        return _not_shut_otherwise(now, theirs, Slot.closed_for == ClosedFor.HAND, self._inside())

    def _inside(self) -> ColumnElement[bool]:
        day = clinic_day(self.session.starts_at)
        return and_(
            Slot.starts_at >= at(day, self.begins),
            Slot.ends_at <= at(day, self.closes),
            literal(self.capacity != 0),
        )

    def record(self, *, by: User, now: datetime) -> object:
        return self.session


def withdraw(session: ClinicSession) -> NewHours:
    """The change that leaves nothing of a session."""
    return NewHours(session, time(0), time(0))


@dataclass(frozen=True)
class EndRule(_Once):
    """A rota rule ends with that day; what it opened after it is shut."""

    rule: RotaRule
    last_day: date
    why = ClosedFor.RULE

    @property
    def centre_id(self) -> int:
        return self.rule.centre_id

    def check(self) -> None:
        if self.last_day < self.rule.valid_from:
            raise EndsBeforeItBegins
        if self.rule.valid_until is not None and self.last_day > self.rule.valid_until:
            raise EndsLater

    def edits(self, now: datetime) -> Mapping[int, tuple[int, int]]:
        return _shut(now, *self._after_it())

    def keeps_shut(self, now: datetime) -> list[int]:
        return _shut_slots(now, *self._after_it())

    def _after_it(self) -> tuple[ColumnElement[bool], ...]:
        return (
            ClinicSession.rota_rule_id == self.rule.id,
            ClinicSession.rota_day > self.last_day,
        )

    def record(self, *, by: User, now: datetime) -> object:
        self.rule.valid_until = self.last_day
        return self.rule


@dataclass(frozen=True)
class WorksAs(_Once):
    """A centre works on a day by another weekday's timetable (Monday is 0), or not at all.

    What the rota opened and does not apply any more is shut; what an earlier timetable of this
    kind shut and this one has opens again; `rota.extend` opens the rest.
    """

    centre: Centre
    day: date
    weekday: int | None
    why = ClosedFor.DAY

    @property
    def centre_id(self) -> int:
        return self.centre.id

    def check(self) -> None:
        """Nothing can be wrong with it."""

    def edits(self, now: datetime) -> Mapping[int, tuple[int, int]]:
        return _shut(now, *self._of_rules(applying=False))

    def keeps_shut(self, now: datetime) -> list[int]:
        return _shut_slots(now, *self._of_rules(applying=False))

    def opens(self, now: datetime) -> list[int]:
        by_day = Slot.closed_for == ClosedFor.DAY
        return _not_shut_otherwise(now, by_day, *self._of_rules(applying=True))

    def _of_rules(self, *, applying: bool) -> tuple[ColumnElement[bool], ...]:
        rules = select(RotaRule).where(RotaRule.centre_id == self.centre.id)
        ids = [
            rule.id
            for rule in db.session.scalars(rules)
            if applying == (self.weekday is not None and applies(rule, self.day, self.weekday))
        ]
        return ClinicSession.rota_day == self.day, ClinicSession.rota_rule_id.in_(ids)

    def record(self, *, by: User, now: datetime) -> object:
        row = db.session.get(AdjustedDay, (self.centre.id, self.day))
        row = row or AdjustedDay(centre_id=self.centre.id, day=self.day)
        row.works_as = self.weekday
        return row


def _must_last(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise EndsBeforeItBegins


def _open_slots(now: datetime, *where: ColumnElement[bool]) -> list[Row[Any]]:
    query = (
        select(Slot.id, Slot.starts_at, Slot.ends_at, Slot.capacity, Slot.online_capacity)
        .join(ClinicSession, ClinicSession.id == Slot.clinic_session_id)
        .where(Slot.closed_at.is_(None), Slot.ends_at > now, *where)
    )
    return list(db.session.execute(query))


def _shut(now: datetime, *where: ColumnElement[bool]) -> Mapping[int, tuple[int, int]]:
    return {slot.id: SHUT for slot in _open_slots(now, *where)}


def _shut_slots(now: datetime, *where: ColumnElement[bool]) -> list[int]:
    """The slots that a closure or a leave shuts."""
    query = (
        select(Slot.id)
        .join(ClinicSession, ClinicSession.id == Slot.clinic_session_id)
        .where(
            Slot.closed_for.in_([ClosedFor.CLOSURE, ClosedFor.LEAVE]), Slot.ends_at > now, *where
        )
    )
    return list(db.session.scalars(query.order_by(Slot.id)))


@dataclass(frozen=True)
class Preview:
    """Whom a change concerns. `version` stands for exactly this answer."""

    version: str
    slots: Mapping[int, tuple[int, int]]  # what becomes of them: places, and of these online
    displaced: tuple[Appointment, ...]  # who loses their time, earliest first
    opens: tuple[int, ...] = ()  # slots that open again


def preview(change: Change, *, now: datetime) -> Preview:
    """What the change would do. It writes nothing. Raises EndsBeforeItBegins."""
    change.check()
    edits = dict(change.edits(now))
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
            if remaining[slot_id] < 0:  # somebody is here already: their place stays
                capacity, online = edits[slot_id]
                edits[slot_id] = (capacity + 1, online)
                remaining[slot_id] = 0
    opens = tuple(change.opens(now))
    shown = [*(f"{one}={edits[one]}" for one in sorted(edits)), *sorted(marks), str(opens)]
    displaced = appointments().where(Appointment.id.in_(lost)) if lost else None
    return Preview(
        version=hashlib.sha256(";".join(shown).encode()).hexdigest()[:16],
        slots=edits,
        displaced=tuple(db.session.scalars(displaced)) if displaced is not None else (),
        opens=opens,
    )


@dataclass(frozen=True)
class _Booked:
    id: int
    version: int
    here: bool
    slot_ids: list[int]


def _booked_in(slot_ids: Iterable[int]) -> list[_Booked]:
    """Who has a place there: those who are here already, then by who booked first."""
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
        one = found.setdefault(row.id, _Booked(row.id, row.version, row.arrived_at is not None, []))
        one.slot_ids.append(row.slot_id)
    return list(found.values())


def apply(change: Change, version: str, *, by: User, now: datetime) -> Preview:
    """Do what was shown under that version. Raises Stale, which carries the new preview.

    Who loses their time is told apart from a cancellation: `displaced_at`. New times are found
    afterwards, in transactions of their own: see `new_times.offer_to`.
    """
    change.check()
    one_at_a_time([change.centre_id])
    places.lock([*change.edits(now), *change.opens(now)])
    db.session.expire_all()
    shown = preview(change, now=now)
    if shown.version != version:
        raise Stale(shown)
    places.lock_children(one.child_id for one in shown.displaced)
    freed = {slot_id for one in shown.displaced for slot_id in _displace(one, by=by, now=now)}
    freed.update(_forget_holds(shown.slots, now=now))
    _edit_slots(shown.slots, change.why, now)
    _keep_shut(change.keeps_shut(now), change.why)
    fit_sessions(shown.slots, by=by, now=now)
    row = change.record(by=by, now=now)
    db.session.add(row)
    db.session.flush()
    _note(change, row, shown, by=by, now=now)
    _open_all_again(shown.opens, by=by, now=now)
    waiting.on_freed(freed - set(shown.slots), now=now)
    return shown


def _displace(appointment: Appointment, *, by: User, now: datetime) -> list[int]:
    """It loses its time. The slots that it was in."""
    if status_of(appointment) is not Status.BOOKED:
        raise AssertionError("only who is booked and not here yet can lose their time")
    appointment.displaced_at, appointment.displaced_by_id = now, by.id
    db.session.flush()
    audit.record("displace", appointment, by=by.id, now=now, centre_id=appointment.centre_id)
    return places.give_back(appointment_id=appointment.id)


def _forget_holds(slots: Mapping[int, tuple[int, int]], *, now: datetime) -> list[int]:
    """What is only held in a slot that changes is free; who fills in the form is told kindly.

    An offer that loses a place is over, and it is not the family that let it pass. The slots in
    which places became free.
    """
    held = (Place.slot_id.in_(list(slots)), Place.appointment_id.is_(None))
    offered = select(func.coalesce(Hold.lead_id, Hold.id)).where(
        Hold.id.in_(select(Place.hold_id).where(*held)), Hold.purpose != HoldFor.FORM
    )
    leads = list(db.session.scalars(offered))
    group = select(Hold.id).where(or_(Hold.id.in_(leads), Hold.lead_id.in_(leads)))
    freed = places.end_holds(list(db.session.scalars(group)), now=now) if leads else []
    db.session.execute(delete(Place).where(*held), execution_options=UNSYNCHRONISED)
    return freed


def _keep_shut(slot_ids: Sequence[int], why: ClosedFor) -> None:
    """What is shut already stays so for this reason too: lifting the other does not open it."""
    if slot_ids:
        db.session.execute(
            update(Slot).where(Slot.id.in_(slot_ids)).values(closed_for=why),
            execution_options=UNSYNCHRONISED,
        )


def _edit_slots(slots: Mapping[int, tuple[int, int]], why: ClosedFor, now: datetime) -> None:
    shut = [slot_id for slot_id, (capacity, _) in slots.items() if not capacity]
    db.session.execute(
        update(Slot).where(Slot.id.in_(shut)).values(closed_at=now, closed_for=why),
        execution_options=UNSYNCHRONISED,
    )
    smaller: dict[tuple[int, int], list[int]] = {}
    for slot_id, edit in slots.items():
        if edit[0]:
            smaller.setdefault(edit, []).append(slot_id)
    for (capacity, online), slot_ids in smaller.items():
        # Nobody loses a place because it was booked online.
        share = func.max if db.engine.dialect.name == "sqlite" else func.greatest
        db.session.execute(
            update(Slot)
            .where(Slot.id.in_(slot_ids))
            .values(capacity=capacity, online_capacity=share(online, Slot.online_taken)),
            execution_options=UNSYNCHRONISED,
        )


def fit_sessions(slot_ids: Iterable[int], *, by: User, now: datetime) -> None:
    """Each session of these slots lasts from its first open slot to its last; without any it is withdrawn.

    Raises IntegrityError when longer hours would overlap another session.
    """
    sessions = select(Slot.clinic_session_id).where(Slot.id.in_(list(slot_ids)))
    hours = (
        select(Slot.clinic_session_id, func.min(Slot.starts_at), func.max(Slot.ends_at))
        .where(Slot.clinic_session_id.in_(sessions), Slot.closed_at.is_(None))
        .group_by(Slot.clinic_session_id)
    )
    lasting = {row[0]: (row[1], row[2]) for row in db.session.execute(hours)}
    for session in db.session.scalars(select(ClinicSession).where(ClinicSession.id.in_(sessions))):
        if session.id in lasting:
            session.starts_at, session.ends_at = lasting[session.id]
            session.withdrawn_at, session.withdrawn_by_id = None, None
        elif session.withdrawn_at is None:
            session.withdrawn_at, session.withdrawn_by_id = now, by.id
    db.session.flush()


def _note(change: Change, row: object, shown: Preview, *, by: User, now: datetime) -> None:
    audit.record(
        type(change).__name__.lower(),
        row if hasattr(row, "id") else db.session.get_one(Centre, change.centre_id),
        by=by.id,
        now=now,
        centre_id=change.centre_id,
        slots=len(shown.slots),
        displaced=[one.id for one in shown.displaced],
    )
    db.session.flush()


@dataclass(frozen=True)
class Reopened:
    """What came back: slots, and the appointments that have their old time again."""

    slots: int
    restored: tuple[Appointment, ...]


def lift(shut: Closure | Leave, *, by: User, now: datetime) -> Reopened:
    """Take a closure or a leave back: its slots open again, and who waits for a new time returns.

    Slots that something else shuts, or whose room or practitioner is busy by now, stay shut.
    """
    one_at_a_time([shut.centre_id])
    db.session.refresh(shut)
    if shut.lifted_at is not None:
        return Reopened(0, ())
    shut.lifted_at, shut.lifted_by_id = now, by.id
    db.session.flush()
    if isinstance(shut, Leave):
        whose = [Slot.practitioner_id == shut.practitioner_id]
    else:
        whose = [Slot.centre_id == shut.centre_id]
        whose += [ClinicSession.room_id == shut.room_id] if shut.room_id else []
    slot_ids = _not_shut_otherwise(
        now,
        Slot.closed_for.in_([ClosedFor.CLOSURE, ClosedFor.LEAVE]),
        Slot.starts_at < shut.ends_at,
        Slot.ends_at > shut.starts_at,
        *whose,
    )
    audit.record("lift", shut, by=by.id, now=now, centre_id=shut.centre_id)
    return _open_all_again(slot_ids, by=by, now=now)


def reopen(session: ClinicSession, *, by: User, now: datetime) -> Reopened:
    """Open again what was taken out of a session by hand, with its rule, or for its day.

    Slots inside a closure or a leave stay shut, and so does the whole where somebody else uses
    the room or the practitioner by now.
    """
    one_at_a_time([session.centre_id])
    slot_ids = _not_shut_otherwise(
        now, Slot.clinic_session_id == session.id, Slot.closed_for.is_not(None)
    )
    audit.record("reopen", session, by=by.id, now=now, centre_id=session.centre_id)
    return _open_all_again(slot_ids, by=by, now=now)


def _open_all_again(slot_ids: Sequence[int], *, by: User, now: datetime) -> Reopened:
    """Open these slots where that is possible; who lost them comes back, then who waits is asked."""
    if not slot_ids:
        return Reopened(0, ())
    places.lock(slot_ids)
    opened = [one for one in _by_session(slot_ids) if _open_again(one, by=by, now=now)]
    slots = [slot_id for one in opened for slot_id in one]
    back = tuple(restore(slots, by=by, now=now))
    waiting.on_freed(slots, now=now)
    return Reopened(len(slots), back)


def _not_shut_otherwise(now: datetime, *where: ColumnElement[bool]) -> list[int]:
    """Of these slots, those that are not over and lie in no live closure or leave."""
    overlapping = (Closure.starts_at < Slot.ends_at, Closure.ends_at > Slot.starts_at)
    a_closure = select(Closure.id).where(
        Closure.lifted_at.is_(None),
        Closure.centre_id == Slot.centre_id,
        or_(Closure.room_id.is_(None), Closure.room_id == ClinicSession.room_id),
        *overlapping,
    )
    a_leave = select(Leave.id).where(
        Leave.lifted_at.is_(None),
        Leave.practitioner_id == Slot.practitioner_id,
        Leave.starts_at < Slot.ends_at,
        Leave.ends_at > Slot.starts_at,
    )
    query = (
        select(Slot.id)
        .join(ClinicSession, ClinicSession.id == Slot.clinic_session_id)
        .where(*where, Slot.ends_at > now, ~a_closure.exists(), ~a_leave.exists())
    )
    return list(db.session.scalars(query.order_by(Slot.id)))


def _by_session(slot_ids: Iterable[int]) -> list[list[int]]:
    query = select(Slot.id, Slot.clinic_session_id).where(Slot.id.in_(list(slot_ids)))
    found: dict[int, list[int]] = {}
    for row in db.session.execute(query.order_by(Slot.id)):
        found.setdefault(row.clinic_session_id, []).append(row.id)
    return list(found.values())


def _open_again(slot_ids: list[int], *, by: User, now: datetime) -> bool:
    """Open these slots of one session; False if somebody else uses the room or the practitioner."""
    try:
        with db.session.begin_nested():
            db.session.execute(
                update(Slot).where(Slot.id.in_(slot_ids)).values(closed_at=None, closed_for=None),
                execution_options=UNSYNCHRONISED,
            )
            fit_sessions(slot_ids, by=by, now=now)
    except IntegrityError as error:
        if "ex_clinic_sessions" not in broken_promise(error):
            raise
        return False
    return True


def restore(slot_ids: Iterable[int], *, by: User, now: datetime) -> list[Appointment]:
    """Give appointments that wait for a new time their old one back, who booked first, first."""
    first = aliased(Slot)
    opened = (
        select(Slot.id)
        .join(first, first.clinic_session_id == Slot.clinic_session_id)
        .where(
            Slot.id.in_(list(slot_ids)),
            first.id == Appointment.slot_id,
            Slot.starts_at < Appointment.ends_at,
            Slot.ends_at > Appointment.starts_at,
        )
    )
    theirs = (
        appointments()
        .where(
            Appointment.displaced_at.is_not(None),
            Appointment.cancelled_at.is_(None),
            Appointment.ends_at > now,
            opened.exists(),
        )
        .order_by(None)
        .order_by(Booking.made_at, Appointment.id)
    )
    return [one for one in db.session.scalars(theirs).all() if _back(one, by=by, now=now)]


def _back(appointment: Appointment, *, by: User, now: datetime) -> bool:
    slot_ids = places.slots_under(appointment)
    places.lock_to_take(slot_ids, [appointment.child_id], now=now, online=False)
    try:
        with db.session.begin_nested():
            appointment.displaced_at, appointment.displaced_by_id = None, None
            db.session.flush()
            places.take(slot_ids, online=False, appointment_id=appointment.id)
    except IntegrityError as error:
        refusal(error)  # anything but a place or a child that is taken goes on as it is
        db.session.refresh(appointment)
        return False
    waiting.on_freed(places.end_new_times(appointment.id, now=now), now=now)
    audit.record("restore", appointment, by=by.id, now=now, centre_id=appointment.centre_id)
    db.session.flush()
    return True
