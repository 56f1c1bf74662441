"""A family's children with what they have booked, and the versions of what it looks at: one statement."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, String, bindparam, cast, func, or_, select

from clinic.accounts.models import Person
from clinic.clock import day_bounds, zone
from clinic.families.models import Child, Guardianship
from clinic.prepared import Prepared
from clinic.scheduling.models import (
    ANY_DAY,
    EVERYWHERE,
    NUMBER,
    OF_SHARED,
    OF_TIMES,
    Appointment,
    PauseLift,
    Version,
)
from clinic.scheduling.search.catalogue import Catalogue, last_known, read
from clinic.scheduling.verdict.diaries import LONGEST_MEMORY, Diary, FamilyChild

ONE_DAY = timedelta(days=1)
SHARED = re.compile(rf"(?:^|,){EVERYWHERE} {ANY_DAY} (\d+)")


@dataclass(frozen=True)
class DayVersions:
    """How often what families see has changed, by centre and day of UTC."""

    text: str = ""  # `centre day number,…`, sorted, for the database says it in any order

    @cached_property
    def numbers(self) -> Mapping[str, str]:
        """The number of each `centre day`."""
        parts = (one.rpartition(" ") for one in self.text.split(",") if one)
        return {where: number for where, _, number in parts}

    @cached_property
    def shared(self) -> int:
        """What all pages share."""
        found = SHARED.search(self.text)
        return int(found[1]) if found else 0

    def of(self, centre_id: int, day: date) -> str:
        """What changes with the free times of that clinic day, which lies in two days of UTC at most."""
        number = self.numbers.get
        found = [number(f"{centre_id} {utc_day}", "0") for utc_day in _utc_days(day, zone())]
        return f"{self.shared}.{'.'.join(found)}"


@lru_cache(maxsize=256)
def _utc_days(day: date, clinics: ZoneInfo) -> tuple[str, ...]:
    """The days of UTC that a clinic day touches."""
    start, end = day_bounds(day)
    return tuple(sorted({str(start.date()), str((end - timedelta.resolution).date())}))


def _versions_shown() -> Select[str]:
    """The versions that the pages of these centres and days show, as one text."""
    versions = Version.__table__.c
    shown = or_(
        OF_SHARED,
        OF_TIMES
        & versions.centre_id.in_(bindparam("centre_ids", expanding=True))
        & versions.day.between(bindparam("first"), bindparam("last")),
    )
    counted = (
        select(versions.centre_id, versions.day, NUMBER.label("number"))
        .where(shown)
        .group_by(versions.centre_id, versions.day)
        .subquery()
    ).c
    centre, day, number = (
        cast(column, String) for column in (counted.centre_id, counted.day, counted.number)
    )
    return select(func.aggregate_strings(centre + " " + day + " " + number, ","))


def _statement() -> Select[*tuple[Any, ...]]:
    children, kin, made, lifts = (
        model.__table__.c for model in (Child, Guardianship, Appointment, PauseLift)
    )
    lifted = select(func.max(lifts.at)).where(lifts.child_id == children.id)
    return (
        select(
            children.id,
            children.name,
            children.birth_date,
            made.starts_at,
            made.ends_at,
            made.service_id,
            made.no_show_at,
            made.displaced_at,
            lifted.scalar_subquery().label("lifted"),
            _versions_shown().scalar_subquery().label("versions"),
        )
        .select_from(Guardianship.__table__)
        .join(Child.__table__, children.id == kin.child_id)
        .outerjoin(
            Appointment.__table__,
            (made.child_id == children.id)
            & (made.starts_at > bindparam("since"))
            & made.cancelled_at.is_(None),
        )
        .where(kin.user_id == bindparam("user_id"), kin.revoked_at.is_(None))
        .order_by(children.birth_date, children.id, made.starts_at)
    )


STATEMENT = Prepared(_statement())


def family_of(
    user: Person, centre_ids: Collection[int], days: Collection[date], *, now: datetime
) -> tuple[list[FamilyChild], DayVersions]:
    """The children whom this user cares for, eldest first, and the versions of these centres and days."""
    rows = STATEMENT.all(
        user_id=user.id,
        since=now - LONGEST_MEMORY,
        centre_ids=list(centre_ids),
        first=min(days) - ONE_DAY,
        last=max(days) + ONE_DAY,
    )
    by_child: dict[int, list[Any]] = {}
    for row in rows:
        by_child.setdefault(row.id, []).append(row)
    children = [
        FamilyChild(child_id, theirs[0].name, theirs[0].birth_date, _diary(theirs))
        for child_id, theirs in by_child.items()
    ]
    said = (rows[0].versions or "") if rows else ""
    return children, DayVersions(",".join(sorted(said.split(","))))


def _diary(rows: Collection[Any]) -> Diary:
    made = [row for row in rows if row.starts_at is not None]
    return Diary(
        live=tuple(
            (row.starts_at, row.ends_at, row.service_id)
            for row in made
            if row.no_show_at is None and row.displaced_at is None
        ),
        absences=tuple(
            row.starts_at
            for row in made
            if row.no_show_at is not None and (row.lifted is None or row.starts_at > row.lifted)
        ),
    )


def facts_for(
    user: Person,
    days: Collection[date],
    where: Callable[[Catalogue], Collection[int]],
    *,
    now: datetime,
) -> tuple[Catalogue, DayVersions, list[FamilyChild]]:
    """The family, and the catalogue that this process has, unless the database says that it is out of date.

    `where` says of a catalogue which centres' versions are asked for.
    """
    catalogue = last_known()
    children, versions = family_of(user, where(catalogue), days, now=now)
    if children and versions.shared != catalogue.version:
        catalogue = read()
        children, versions = family_of(user, where(catalogue), days, now=now)
    return catalogue, versions, children
