"""Which waiting families may find a time now that they could not find at the last look.

A time that is free now and was not at the last look has become so since: its day has a newer
version, or its moment has come (a hold expired, a day opened, the desk let go). Entries that want
such a time are marked with `look_again`; what changes for a family itself marks its entries too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, delete, func, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from clinic.centres.models import Service
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.dayparts import part_of
from clinic.scheduling.models import SlotService, Version, WaitlistCentre, WaitlistEntry
from clinic.scheduling.models.worker import CentreLook, DayLook
from clinic.scheduling.search.catalogue import EVERYWHERE
from clinic.scheduling.timetable.slots import LONG_AGO, NEVER
from clinic.scheduling.verdict.slot_times import runs
from clinic.scheduling.waitlist.marks import look_again

Cell = tuple[date, str]  # a day, and a part of it
Times = Row[*tuple[Any, ...]]
SHARED = select(Version.number).where(Version.centre_id == EVERYWHERE)
WAITING = select(WaitlistEntry.id).where(WaitlistEntry.ended_at.is_(None)).limit(1)
# From when a time that nobody takes can be booked online.
SINCE: ColumnElement[datetime] = case(
    (SlotService.opens_at > SlotService.free_from, SlotService.opens_at),
    else_=SlotService.free_from,
)


def changed_centres(*, now: datetime) -> list[int]:
    """The centres at which a time may have become free since their last look; none if no entry waits."""
    if db.session.scalar(WAITING) is None:
        return []
    found = set(db.session.scalars(_newer_days(now).with_only_columns(Version.centre_id)))
    is_due = or_(CentreLook.next_at <= now, CentreLook.shared != _shared())
    found.update(db.session.scalars(select(CentreLook.centre_id).where(is_due)))
    return sorted(found)


def _newer_days(now: datetime) -> Select[*tuple[Any, ...]]:
    """The days of centres, from today on, whose version is not the one of their last look."""
    is_same = (DayLook.centre_id == Version.centre_id) & (DayLook.day == Version.day)
    return (
        select(Version.centre_id, Version.day, Version.number)
        .outerjoin(DayLook, is_same)
        .where(
            Version.centre_id != EVERYWHERE,
            Version.day >= _utc_day(now),
            func.coalesce(DayLook.number, 0) != Version.number,
        )
    )


def _utc_day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _shared() -> int:
    return db.session.scalar(SHARED) or 0


def mark_entries(centre_id: int, *, now: datetime) -> int:
    """Mark the entries that want what has become free at the centre; how many.

    Of two workers one does it; the other passes on.
    """
    look = _locked(centre_id)
    if look is None:
        return 0
    # The versions before the times: what is newer than its number is only looked at once more.
    newer = db.session.execute(_newer_days(now).where(Version.centre_id == centre_id)).all()
    days, shared = {row.day for row in newer}, _shared()
    all_anew, since = look.shared != shared, look.looked_at or LONG_AGO
    if not (days or all_anew or (look.next_at is not None and look.next_at <= now)):
        return 0
    entries = _entries_at(centre_id)
    service_ids = {entry.service_id for entry in entries}
    cells = _cells(
        _free_times(centre_id, service_ids, now),
        lambda time: all_anew or time.since > since or _utc_day(time.starts_at) in days,
    )
    found = [entry.id for entry in entries if _wants_any(entry, cells.get(entry.service_id, ()))]
    if found:
        look_again(WaitlistEntry.id.in_(found), now=now)
    look.looked_at, look.shared = max(since, now), shared
    look.next_at = _next_moment(centre_id, service_ids, now)
    _remember(centre_id, newer, now)
    return len(found)


def _locked(centre_id: int) -> CentreLook | None:
    """The centre's last look, for this transaction alone; None if another worker has it."""
    engine = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    row = engine.insert(CentreLook).values(centre_id=centre_id, shared=0)
    db.session.execute(row.on_conflict_do_nothing())
    query = select(CentreLook).where(CentreLook.centre_id == centre_id)
    return db.session.scalar(
        query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    )


def _entries_at(centre_id: int) -> Sequence[Times]:
    """The entries that wait for a place at the centre, with what they wait for."""
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


def _cells(times: Sequence[Times], is_new: Callable[[Times], bool]) -> Mapping[int, set[Cell]]:
    """By service, the days and parts of days with a time long enough that was not there before."""
    new = {time.slot_id for time in times if is_new(time)}
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


def _wants_any(entry: Times, cells: Iterable[Cell]) -> bool:
    return any(
        entry.first_day <= day <= entry.last_day
        and day.weekday() in entry.weekdays
        and part in entry.parts
        for day, part in cells
    )


def _next_moment(centre_id: int, service_ids: Iterable[int], now: datetime) -> datetime | None:
    """When the next of these times becomes free by itself."""
    later = _times(centre_id, service_ids, now).where(now < SINCE, SINCE < NEVER)
    return db.session.scalar(later.with_only_columns(func.min(SINCE)))


def _remember(centre_id: int, newer: Sequence[Times], now: datetime) -> None:
    """These days were looked through at these versions; what is past is forgotten."""
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
