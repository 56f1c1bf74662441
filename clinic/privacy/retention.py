"""How long what is kept is kept: `retention.toml`, and which rows of what was found must stay."""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from sqlalchemy import RowMapping, delete, tuple_

from clinic.clock import clinic_day
from clinic.db import db
from clinic.privacy.holdings import WITH_IT, Found, Holding, holdings

FILE = Path(__file__).with_name("retention.toml")


@dataclass(frozen=True)
class Period:
    """How long one kind of record is kept. No `years`: without an end."""

    name_zh: str
    name_en: str
    why_zh: str
    why_en: str
    source: str
    verified: bool
    years: int | None = None

    def is_over(self, since: date, today: date) -> bool:
        """Whether a record of that day need not be kept any more."""
        return self.years is not None and years_after(since, self.years) <= today


def years_after(day: date, years: int) -> date:
    """The same day so many years later; 1 March for 29 February in a year without it."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def years_before(day: date, years: int) -> date:
    """The same day so many years earlier; 28 February for the 29th in a year without it."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


@cache
def periods() -> Mapping[str, Period]:
    """The kinds of retention by name."""
    said = tomllib.loads(FILE.read_text("utf-8"))
    return {name: Period(**entry) for name, entry in said.items()}


Kept = dict[str, set[tuple[object, ...]]]  # the keys of rows that stay, by table


def must_stay(rows: Found, today: date, *, also: Collection[str] = ()) -> Kept:
    """The keys of those rows that the law keeps on that day, with all that they point to.

    `also` names tables whose rows stay in any case.
    """
    kept: Kept = {
        name: {
            _key(holding, row)
            for row in rows[name]
            if name in also or _is_kept(holding, row, today)
        }
        for name, holding in holdings().items()
    }
    for name, holding in reversed(holdings().items()):  # what a kept row points to stays too
        for row in rows[name]:
            if _key(holding, row) in kept[name]:
                _keep_what_it_names(holding, row, rows, kept)
    for name, holding in holdings().items():  # and so does what belongs to it
        if holding.kept == WITH_IT:
            kept[name] |= {
                _key(holding, row) for row in rows[name] if _hangs_on_kept(holding, row, kept)
            }
    return kept


def _is_kept(holding: Holding, row: RowMapping, today: date) -> bool:
    if holding.kept in ("", WITH_IT) or holding.is_own(row):
        return False
    since = row[holding.since]
    day = clinic_day(since) if isinstance(since, datetime) else since
    return not periods()[holding.kept].is_over(day, today)


def _keep_what_it_names(holding: Holding, row: RowMapping, rows: Found, kept: Kept) -> None:
    for column in holding.table.columns:
        for key in column.foreign_keys:
            name = key.column.table.name
            if row[column.name] is not None and rows.get(name):
                kept[name] |= {
                    _key(holdings()[name], named)
                    for named in rows[name]
                    if named["id"] == row[column.name]
                }


def _hangs_on_kept(holding: Holding, row: RowMapping, kept: Kept) -> bool:
    return any((row[column],) in kept[parent] for parent, column in holding.through.items())


def _key(holding: Holding, row: RowMapping) -> tuple[object, ...]:
    return tuple(row[column.name] for column in holding.table.primary_key)


def delete_but(rows: Found, kept: Kept) -> int:
    """Delete these rows but those that stay, what points to others first; how many they were."""
    deleted = 0
    for name, holding in reversed(holdings().items()):
        keys = [key for row in rows[name] if (key := _key(holding, row)) not in kept[name]]
        deleted += _delete(holding, keys)
    return deleted


def _delete(holding: Holding, keys: Iterable[tuple[object, ...]]) -> int:
    keys, columns = list(keys), list(holding.table.primary_key)
    if not keys:
        return 0
    fits = (
        columns[0].in_([key[0] for key in keys])
        if len(columns) == 1
        else tuple_(*columns).in_(keys)
    )
    done = db.session.execute(delete(holding.table).where(fits))
    return int(done.rowcount)  # type: ignore[attr-defined]
