"""What has served its time is deleted: codes that were sent, counters, forms kept or taken, drafts,
the holds of forms that are over, and records that need not be kept any longer."""

from datetime import datetime, timedelta

from sqlalchemy import delete

from clinic.accounts.kept_forms import GOOD_FOR
from clinic.accounts.known_browsers import REMEMBERED
from clinic.accounts.models import (
    Counter,
    KeptForm,
    KnownBrowser,
    OneTimeLink,
    SentForm,
    SignIn,
    SignInCode,
)
from clinic.accounts.sign_ins import PARENTS_MAY_REST
from clinic.db import db, in_one_transaction
from clinic.privacy.job import delete_what_is_over
from clinic.scheduling.appointments import old_forms
from clinic.services.room import rooms

A_DAY = timedelta(days=1)
EVERY = timedelta(hours=1)
# The moment of a row after which it is worth nothing, and how long it is kept then.
KEPT_FOR = (
    (SignInCode.expires_at, A_DAY),
    (OneTimeLink.expires_at, A_DAY),
    (Counter.since, A_DAY),  # no limit counts for longer
    (KeptForm.kept_at, GOOD_FOR),
    (SentForm.sent_at, A_DAY),
    (SignIn.used_at, 2 * PARENTS_MAY_REST),
    (KnownBrowser.used_at, REMEMBERED),
)


def tidy(*, now: datetime) -> int:
    """Delete them, holds in short transactions, the others in one; how many there were."""

    def work() -> int:
        deleted = (
            db.session.execute(delete(moment.class_).where(moment < now - kept))
            for moment, kept in (*KEPT_FOR, *(each for room in rooms() for each in room.kept_for))
        )
        return sum(done.rowcount for done in deleted)  # type: ignore[attr-defined]

    return in_one_transaction(work) + old_forms.clear(now=now) + delete_what_is_over(now=now)
