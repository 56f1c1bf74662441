"""How far the rota is open: each centre is opened a day further once a day, and again when its rota changes.

What is open by which rules is remembered in `rota_horizons`. A centre is opened in pieces of a
few days, each in a transaction of its own that locks only that centre; two workers at once take
different centres, and what one that was killed left undone the next round does.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy import or_, select

from clinic.centres.models import AdjustedDay, Centre
from clinic.centres.retired import retirements
from clinic.centres.years import calendars_between
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.models import RotaRule
from clinic.scheduling.models.worker import RotaHorizon
from clinic.scheduling.timetable import extending

PIECE = timedelta(days=7)  # opened in one transaction
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Wanted:
    """A centre whose rota is to be open until a day, by the rules of which `rota` is a hash."""

    centre_id: int
    rota: str
    until: date


def not_open_yet(*, now: datetime) -> list[Wanted]:
    """The centres whose rota is not open as far as it reaches today, or has changed. Seven queries at most."""
    today = clinic_day(now)
    until = today + extending.horizon()
    opened = {
        row.centre_id: (row.rota, row.until)
        for row in db.session.execute(
            select(RotaHorizon.centre_id, RotaHorizon.rota, RotaHorizon.until)
        )
    }
    found = []
    for centre_id, now_is in sorted(_rotas(today, until).items()):
        before, open_until = opened.get(centre_id, (None, None))
        if before != now_is or open_until is None or open_until < until:
            found.append(Wanted(centre_id, now_is, until))
    return found


def unknown_years(*, now: datetime) -> tuple[int, ...]:
    """The years of which nothing is opened, though the rota reaches into them: no holidays are known."""
    first = clinic_day(now)
    last = first + extending.horizon()
    years = set(range(first.year, last.year + 1))
    return tuple(sorted(years - set(calendars_between(first, last))))


def _rotas(today: date, until: date) -> Mapping[int, str]:
    """By centre that has rules, a hash of all that decides what they open from today on."""
    years = [
        (year, sorted(calendar.adjusted_workdays), calendar.holidays)
        for year, calendar in sorted(calendars_between(today, until).items())
    ]
    rules = RotaRule.__table__
    lasting = or_(rules.c.valid_until.is_(None), rules.c.valid_until >= today)
    of_centre = db.session.execute(
        select(rules).where(lasting).order_by(rules.c.centre_id, rules.c.id)
    )
    days: dict[int, list[tuple[date, int | None]]] = {}
    adjusted = select(AdjustedDay.centre_id, AdjustedDay.day, AdjustedDay.works_as)
    for row in db.session.execute(
        adjusted.where(AdjustedDay.day >= today).order_by(AdjustedDay.day)
    ):
        days.setdefault(row.centre_id, []).append((row.day, row.works_as))
    by_centre = {
        centre_id: [tuple(rule) for rule in theirs]
        for centre_id, theirs in groupby(of_centre, key=lambda rule: rule.centre_id)
    }
    retired = retirements(by_centre)
    return {
        centre_id: _hash((theirs, days.get(centre_id), years, retired.at(centre_id)))
        for centre_id, theirs in by_centre.items()
    }


def _hash(facts: object) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def open_piece(centre_id: int, *, wanted: Wanted, now: datetime) -> extending.Extended | None:
    """Open the next days of the centre. None if all are open, or another transaction changes its hours.

    Raises as `extending.extend` does.
    """
    centre = db.session.scalar(
        select(Centre)
        .where(Centre.id == centre_id)
        .with_for_update(key_share=True, skip_locked=True)
    )
    if centre is None:
        return None
    horizon = _remembered(centre_id)
    first = clinic_day(now)
    if horizon.rota == wanted.rota and horizon.until is not None:
        first = max(first, horizon.until + ONE_DAY)
    if first > wanted.until:
        return None
    last = min(first + PIECE - ONE_DAY, wanted.until)
    done = extending.extend([centre], first, last, now=now)
    horizon.rota, horizon.until = wanted.rota, last
    db.session.flush()
    return done


def _remembered(centre_id: int) -> RotaHorizon:
    """The centre's row, locked; a new one for a new centre. The centre is locked already."""
    row = db.session.get(RotaHorizon, centre_id, with_for_update=True, populate_existing=True)
    if row is None:
        row = RotaHorizon(centre_id=centre_id)
        db.session.add(row)
    return row
