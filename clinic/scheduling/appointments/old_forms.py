"""Forms that are long over are cleared away: their holds are deleted, their places freed.

For a day they stay: a second press is still told what came of it. Of all holds ever made
these are nearly all; offers stay, for the trail of the waitlist.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import delete, or_, select, text

from clinic.db import db, in_one_transaction
from clinic.scheduling.appointments import holding
from clinic.scheduling.models import LEADS_A_FORM, Hold
from clinic.scheduling.rounds import Round

KEPT_FOR = timedelta(days=1)
MOST = 3_000  # in an hour; a large city needs a third of it
AT_ONCE = 100  # in one transaction


def clear(*, now: datetime) -> int:
    """Clear away the oldest forms, in many short transactions; how many there were."""
    query = (
        select(Hold.id, Hold.booking_id)
        .where(text(LEADS_A_FORM), Hold.expires_at < now - KEPT_FOR)  # as the index has it
        .order_by(Hold.expires_at)
        .limit(MOST)
    )
    forms = db.session.execute(query).all()
    db.session.commit()  # the reading is done
    used = [form.id for form in forms if form.booking_id is not None]
    for first in range(0, len(used), AT_ONCE):
        batch = used[first : first + AT_ONCE]
        in_one_transaction(partial(_delete_used, batch), lasting=False)
    left, a_round = [form.id for form in forms if form.booking_id is None], Round()
    for lead_id in left:
        a_round.do("clear away", lead_id, partial(_delete_unused, now=now))
    return len(forms) - a_round.errors


def _delete_used(lead_ids: Sequence[int]) -> None:
    """Delete forms that became appointments. They keep nothing any more; those that follow go first."""
    for which in (Hold.lead_id, Hold.id):
        db.session.execute(delete(Hold).where(which.in_(lead_ids)))


def _delete_unused(lead_id: int, *, now: datetime) -> None:
    """Delete a form that was never confirmed; places that it still keeps are offered to the waitlist.

    A confirmation of it keeps its first slot locked, also when its places are gone: this waits for
    it, and then leaves the form alone.
    """
    group = or_(Hold.id == lead_id, Hold.lead_id == lead_id)
    first = db.session.scalars(select(Hold.slot_id).where(group))
    holding.lock([*first, *holding.slots_of_group(lead_id)], now=now)
    holding.delete_group(lead_id)
