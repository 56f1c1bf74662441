"""Times that became free at a centre since its last look, for the entries that want them.

A time that is free now and was not at the last look has become so since: its day has a newer
version, or its moment has come (a hold expired, a day opened, the desk let go). Such times are
offered to the entries that want them; what changes for a family itself marks its entries (`marks`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, delete, func, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from clinic.centres.models import Service
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.dayparts import part_of
from clinic.scheduling.models import (
    NUMBER,
    SHARED_NUMBER,
    SlotService,
    Topic,
    Version,
    WaitlistCentre,
    WaitlistEntry,
)
from clinic.scheduling.models.worker import CentreLook, DayLook
from clinic.scheduling.timetable.slots import LONG_AGO, NEVER
from clinic.scheduling.verdict.slot_times import runs
from clinic.scheduling.waitlist.finding import Cell, wants
from clinic.scheduling.waitlist.marks import look_again
from clinic.scheduling.waitlist.offering import IN_TURN, Offered, offer_in_turn

MOST_OFFERS = 100  # in one transaction
Times = Row[*tuple[Any, ...]]
Numbers = Mapping[date, int]  # versions of days
WAITING = select(WaitlistEntry.id).where(WaitlistEntry.ended_at.is_(None)).limit(1)
# From when a time that nobody takes can be booked online.
SINCE: ColumnElement[datetime] = case(
    (SlotService.opens_at > SlotService.free_from, SlotService.opens_at),
    else_=SlotService.free_from,
)


def changed_centres(*, now: datetime) -> Mapping[int, Numbers]:
    """The centres at which a time may have become free since their last look, with the versions of the
    days that changed; none if no entry waits.
    """
    if db.session.scalar(WAITING) is None:
        return {}
    found: dict[int, dict[date, int]] = {}
    for row in db.session.execute(_newer_days(now)):
        found.setdefault(row.centre_id, {})[row.day] = row.number
    is_due = or_(CentreLook.next_at <= now, CentreLook.shared != _shared())
    for centre_id in db.session.scalars(select(CentreLook.centre_id).where(is_due)):
        found.setdefault(centre_id, {})
    return found


def _newer_days(now: datetime) -> Select[*tuple[Any, ...]]:
    """The days of centres, from today on, whose version is not the one of their last look."""
    is_same = (DayLook.centre_id == Version.centre_id) & (DayLook.day == Version.day)
    return (
        select(Version.centre_id, Version.day, NUMBER.label("number"))
        .outerjoin(DayLook, is_same)
        .where(Version.topic == Topic.TIMES, Version.day >= _utc_day(now))
        .group_by(Version.centre_id, Version.day, DayLook.number)
        .having(func.coalesce(DayLook.number, 0) != NUMBER)
    )


def _utc_day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _shared() -> int:
    return db.session.scalar(SHARED_NUMBER) or 0


def look_through(centre_id: int, changed: Numbers | None = None, *, now: datetime) -> int:
    """Offer what has become free at the centre to the entries that want it, in turn; how many offers.

    `MOST_OFFERS` of them: there may be more. Of two workers one does it; the other passes on, also
    afterwards: what came after the versions that had `changed` when its round began (the first
    one's own offers, mostly) is for the next round.
    """
    found = _find(centre_id, now, changed)
    if found is None:
        return 0
    done = Offered()
    if found.entry_ids:
        done = offer_in_turn(found.entry_ids, found.new, most=MOST_OFFERS, now=now)
    if done.number < MOST_OFFERS and not done.passed_by:  # or the rest is looked through again
        found.remember(now)
    return done.number


def mark_entries(centre_id: int, *, now: datetime) -> int:
    """Mark the entries that want what has become free at the centre, to be looked for; how many."""
    found = _find(centre_id, now)
    if found is None:
        return 0
    if found.entry_ids:
        look_again(WaitlistEntry.id.in_(found.entry_ids), now=now)
    found.remember(now)
    return len(found.entry_ids)


@dataclass(frozen=True)
class _Found:
    """The slots that became free at a centre, and the entries that want a time with one of them."""

    look: CentreLook
    shared: int
    days: Sequence[Times]  # with a newer version than at the last look
    service_ids: Collection[int]
    new: set[int]
    entry_ids: Sequence[int]

    def remember(self, now: datetime) -> None:
        """The centre was looked through at these versions; what is past is forgotten."""
        look = self.look
        look.looked_at, look.shared = max(look.looked_at or now, now), self.shared
        look.next_at = _next_moment(look.centre_id, self.service_ids, now)
        _remember(look.centre_id, self.days, now)


def _find(centre_id: int, now: datetime, changed: Numbers | None = None) -> _Found | None:
    """None if nothing changed, or another transaction looks the centre through, or has done so."""
    look = _locked(centre_id)
    if look is None:
        return None
    # The versions before the times: what is newer than its number is only looked at once more.
    newer = db.session.execute(_newer_days(now).where(Version.centre_id == centre_id)).all()
    days, shared = {row.day for row in newer}, _shared()
    all_anew, since = look.shared != shared, look.looked_at or LONG_AGO
    is_due = all_anew or (look.next_at is not None and look.next_at <= now)
    if not is_due and (not days or (changed is not None and _knows(centre_id, changed))):
        return None
    service_ids = set(db.session.scalars(_services_at(centre_id)))
    times = _free_times(centre_id, service_ids, now)
    new = {
        time.slot_id
        for time in times
        if all_anew or time.since > since or _utc_day(time.starts_at) in days
    }
    cells = _cells(times, new)
    want_one = [
        entry.id
        for entry in (_entries_at(centre_id) if new else ())
        if any(wants(entry, cell) for cell in cells.get(entry.service_id, ()))
    ]
    return _Found(look, shared, newer, service_ids, new, want_one)


def _knows(centre_id: int, changed: Numbers) -> bool:
    """Whether the centre's last look saw these versions, or later ones."""
    query = select(DayLook.day, DayLook.number).where(DayLook.centre_id == centre_id)
    known = {row.day: row.number for row in db.session.execute(query)}
    return all(known.get(day, 0) >= number for day, number in changed.items())


def _locked(centre_id: int) -> CentreLook | None:
    """The centre's last look, for this transaction alone; None if another worker has it."""
    engine = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    row = engine.insert(CentreLook).values(centre_id=centre_id, shared=0)
    db.session.execute(row.on_conflict_do_nothing())
    query = select(CentreLook).where(CentreLook.centre_id == centre_id)
    return db.session.scalar(
        query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    )


def _services_at(centre_id: int) -> Select[int]:
    """The services that entries wait for at the centre."""
    waits = select(WaitlistCentre.entry_id).where(WaitlistCentre.centre_id == centre_id)
    live = (WaitlistEntry.id.in_(waits), WaitlistEntry.ended_at.is_(None))
    return select(WaitlistEntry.service_id).where(*live).distinct()


def _entries_at(centre_id: int) -> Sequence[Times]:
    """The entries that wait for a place at the centre, with what they wait for, the longest waiting first."""
    query = (
        select(
            WaitlistEntry.id,
            WaitlistEntry.service_id,
            WaitlistEntry.weekdays,
            WaitlistEntry.parts,
            WaitlistEntry.first_day,
            WaitlistEntry.last_day,
        )
        .join(WaitlistCentre, WaitlistCentre.entry_id == WaitlistEntry.id)
        .where(WaitlistCentre.centre_id == centre_id, WaitlistEntry.ended_at.is_(None))
        .order_by(*IN_TURN)
    )
    return db.session.execute(query).all()


def _times(centre_id: int, service_ids: Iterable[int], now: datetime) -> Select[*tuple[Any, ...]]:
    """All times of these services at the centre from now on that are not closed."""
    return select(SlotService.slot_id).where(
        SlotService.service_id.in_(sorted(service_ids)),
        SlotService.centre_id == centre_id,
        SlotService.starts_at > now,
        SlotService.closed.is_(False),
    )


def _free_times(centre_id: int, service_ids: Iterable[int], now: datetime) -> Sequence[Times]:
    """Those that are free online now, in order of time."""
    query = (
        _times(centre_id, service_ids, now)
        .add_columns(
            SlotService.service_id,
            SlotService.centre_id,
            SlotService.clinic_session_id,
            SlotService.practitioner_id,
            SlotService.starts_at,
            SlotService.ends_at,
            SlotService.opens_at,
            SlotService.closed,
            SINCE.label("since"),
            Service.minutes,
        )
        .join(Service, Service.id == SlotService.service_id)
        .where(SlotService.free_from <= now, SlotService.opens_at <= now)
        .order_by(SlotService.starts_at, SlotService.slot_id)
    )
    return db.session.execute(query).all()


def _cells(times: Sequence[Times], new: set[int]) -> Mapping[int, set[Cell]]:
    """By service, the days and parts of days with a time long enough that takes a new slot."""
    by_service: dict[int, list[Times]] = {}
    for time in times:
        by_service.setdefault(time.service_id, []).append(time)
    return {
        service_id: {
            (clinic_day(run.starts_at), part_of(run.starts_at))
            for run in runs(theirs, theirs[0].minutes, is_free=lambda _: True)
            if not new.isdisjoint(run.slot_ids)
        }
        for service_id, theirs in by_service.items()
    }


def _next_moment(centre_id: int, service_ids: Iterable[int], now: datetime) -> datetime | None:
    """When the next of these times becomes free by itself."""
    later = _times(centre_id, service_ids, now).where(now < SINCE, SINCE < NEVER)
    return db.session.scalar(later.with_only_columns(func.min(SINCE)))


def _remember(centre_id: int, newer: Sequence[Times], now: datetime) -> None:
    days = [row.day for row in newer]
    over = or_(DayLook.day.in_(days), DayLook.day < _utc_day(now))
    db.session.execute(
        delete(DayLook).where(DayLook.centre_id == centre_id, over),
        execution_options={"synchronize_session": False},
    )
    if newer:
        db.session.execute(
            insert(DayLook),
            [{"centre_id": row.centre_id, "day": row.day, "number": row.number} for row in newer],
        )
