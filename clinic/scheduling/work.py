"""What is done in the background: offers that lapse, places found for who waits, the rota's horizon.

Any number of workers may run, on any number of hosts: each thing is done once, in a transaction
of its own. If none runs, nothing is wrong, only later.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import select

from clinic.centres.models import Centre
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.scheduling import new_times, rota, waiting


@dataclass(frozen=True)
class Worked:
    """What one round did."""

    lapsed: int = 0
    offered: int = 0
    new_times: int = 0
    sessions: int = 0
    unknown_years: tuple[int, ...] = ()


def work(*, now: datetime) -> Worked:
    """One round: first what is over, then what is free."""
    over = _ids(waiting.lapsed(now=now))
    offered = 0
    for hold_id in over:
        offered += bool(in_one_transaction(partial(waiting.lapse, hold_id, now=now)))
    for entry_id in _ids(waiting.everybody(now=now)):
        offered += bool(in_one_transaction(partial(waiting.look_for, entry_id, now=now)))
    moved = 0
    for appointment_id in _ids(new_times.not_offered_yet(now=now)):
        moved += len(in_one_transaction(partial(new_times.offer_to, appointment_id, now=now)))
    extended = in_one_transaction(lambda: extend_all(now=now))
    return Worked(
        lapsed=len(over),
        offered=offered,
        new_times=moved,
        sessions=extended.sessions,
        unknown_years=tuple(extended.unknown_years),
    )


def _ids(found: list[int]) -> list[int]:
    """The ids, with the reading done: what follows begins afresh for each."""
    db.session.commit()
    return found


def extend_all(*, now: datetime) -> rota.Extended:
    """Open the rota of every centre as far as it reaches today."""
    centres = db.session.scalars(select(Centre).order_by(Centre.id)).all()
    today = clinic_day(now)
    return rota.extend(centres, today, today + rota.HORIZON, now=now)
