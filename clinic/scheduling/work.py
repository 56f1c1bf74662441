"""What is done in the background: offers that lapse, the rota's horizon, places found for the waitlist.

A round works on what changed since the last one. Any number of workers may run, on any number of
hosts: they share the work, and each thing is done once, in a short transaction of its own. If none
runs, nothing is wrong, only later. One exception: where another transaction had locked the entry
that waits for a freed place, others may take it until a worker runs.
"""

import random
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from clinic.db import db
from clinic.scheduling.appointments import new_times
from clinic.scheduling.rounds import Round
from clinic.scheduling.timetable import horizon
from clinic.scheduling.timetable.extending import Extended
from clinic.scheduling.waitlist import changed, marks, offering

T = TypeVar("T")
MOST_OFFERS, MOST_LOOKS = 500, 10_000  # in one round


@dataclass(frozen=True)
class Worked:
    """What one round did, how many things it could not do, and whether entries are left to look at."""

    lapsed: int = 0
    offered: int = 0
    new_times: int = 0
    sessions: int = 0
    unknown_years: tuple[int, ...] = ()
    errors: int = 0
    is_unfinished: bool = False


def work(*, now: datetime) -> Worked:
    """One round: first what is over, then new hours, then what is free."""
    a_round = Round()
    over, offered, moved = _ids(offering.lapsed(now=now)), 0, 0
    for hold_id in over:
        offered += bool(a_round.do("lapse", hold_id, partial(offering.lapse, now=now)))
    opened = _open_further(a_round, now)
    looks = look_for_entries(a_round, now=now)
    for appointment_id in _ids(new_times.not_offered_yet(now=now)):
        kept = a_round.do("offer to", appointment_id, partial(new_times.offer_to, now=now))
        moved += len(kept or ())
    return Worked(
        lapsed=len(over),
        offered=offered + looks.offered,
        new_times=moved,
        sessions=sum(extended.sessions for extended in opened),
        unknown_years=_ids(horizon.unknown_years(now=now)),
        errors=a_round.errors,
        is_unfinished=looks.is_enough,
    )


def _ids(found: T) -> T:
    """What was found, with the reading done: what follows begins afresh for each."""
    db.session.commit()
    return found


def _open_further(a_round: Round, now: datetime) -> list[Extended]:
    """Open the rota of each centre as far as it reaches today, in pieces."""
    done = []
    for wanted in _ids(horizon.not_open_yet(now=now)):
        open_piece = partial(horizon.open_piece, wanted=wanted, now=now)
        while piece := a_round.do("open further", wanted.centre_id, open_piece):
            done.append(piece)
    return done


@dataclass
class Looks:
    """How many offers a round made, and how many entries it looked for because they were marked."""

    offered: int = 0
    looked_for: int = 0

    @property
    def is_enough(self) -> bool:
        return self.offered >= MOST_OFFERS or self.looked_for >= MOST_LOOKS


def look_for_entries(a_round: Round, *, now: datetime) -> Looks:
    """Offer what became free, then look for the entries that something else changed for.

    Each time the longest waiting first, and so many at most.
    """
    looks = Looks()
    centres = list(_ids(changed.changed_centres(now=now)).items())
    for centre_id, versions in random.sample(centres, len(centres)):  # two workers begin elsewhere
        _look_through(a_round, centre_id, versions, looks, now)
    _look_for_marked(a_round, looks, now)
    return looks


def _look_through(
    a_round: Round, centre_id: int, versions: changed.Numbers, looks: Looks, now: datetime
) -> None:
    """Offer what became free there. If that fails, each entry is marked, to be looked for by itself."""
    look_through = partial(changed.look_through, centre_id, versions, now=now)
    while not looks.is_enough:
        number = a_round.attempt(look_through)
        if number is None:
            a_round.do("mark entries at", centre_id, partial(changed.mark_entries, now=now))
            return
        looks.offered += number
        if number < changed.MOST_OFFERS:
            return


def _look_for_marked(a_round: Round, looks: Looks, now: datetime) -> None:
    failed: list[int] = []
    look_for = partial(offering.look_for, now=now)
    while not looks.is_enough:
        claim = partial(marks.next_marked, but=failed, now=now)
        done = a_round.do_together("look for", claim, look_for)
        if not done.row_ids:
            return
        looks.looked_for += len(done.row_ids)
        looks.offered += sum(map(len, done.results))
        failed += done.failed
