"""What is done in the background: offers that lapse, places found for who waits, the rota's horizon.

Any number of workers may run, on any number of hosts: each thing is done once, in a transaction
of its own. If none runs, nothing is wrong, only later; but a place that came free while another of the
same wish was in somebody's hands is open to all until one does.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import select

from clinic.centres.models import Centre
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.scheduling.booking import new_times
from clinic.scheduling.rounds import POISON, Round
from clinic.scheduling.timetable import extending
from clinic.scheduling.waitlist import waiting


@dataclass(frozen=True)
class Worked:
    """What one round did, and how many things it could not do."""

    lapsed: int = 0
    offered: int = 0
    new_times: int = 0
    sessions: int = 0
    unknown_years: tuple[int, ...] = ()
    errors: int = 0


def work(*, now: datetime) -> Worked:
    """One round: first what is over, then what is free, then new hours."""
    a_round = Round()
    over, offered, moved = _ids(waiting.lapsed(now=now)), 0, 0
    for hold_id in over:
        offered += bool(a_round.do("lapse", hold_id, partial(waiting.lapse, now=now)))
    for entry_id in _ids(waiting.everybody(now=now)):
        offered += bool(a_round.do("look for", entry_id, partial(waiting.look_for, now=now)))
    for appointment_id in _ids(new_times.not_offered_yet(now=now)):
        kept = a_round.do("offer to", appointment_id, partial(new_times.offer_to, now=now))
        moved += len(kept or ())
    opened = _extend(a_round, now)
    return Worked(
        lapsed=len(over),
        offered=offered,
        new_times=moved,
        sessions=sum(extended.sessions for extended in opened),
        unknown_years=tuple(
            sorted({year for extended in opened for year in extended.unknown_years})
        ),
        errors=a_round.errors,
    )


def _ids(found: list[int]) -> list[int]:
    """The ids, with the reading done: what follows begins afresh for each."""
    db.session.commit()
    return found


def _extend(a_round: Round, now: datetime) -> list[extending.Extended]:
    """Open the rota of every centre as far as it reaches today; of each alone where all at once fails."""
    centre_ids = _ids(list(db.session.scalars(select(Centre.id).order_by(Centre.id))))
    try:
        return [in_one_transaction(lambda: extend_all(centre_ids, now=now))]
    except POISON:
        pass
    done = [
        a_round.do("extend", one, lambda centre_id: extend_all([centre_id], now=now))
        for one in centre_ids
    ]
    return [extended for extended in done if extended]


def extend_all(centre_ids: list[int], *, now: datetime) -> extending.Extended:
    """Open the rota of these centres as far as it reaches today."""
    centres = db.session.scalars(
        select(Centre).where(Centre.id.in_(centre_ids)).order_by(Centre.id)
    )
    today = clinic_day(now)
    return extending.extend(centres.all(), today, today + extending.horizon(), now=now)
