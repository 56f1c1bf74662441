"""Confirming a form that is long over, and clearing it away."""

from datetime import timedelta

from clinic.accounts.models import User
from clinic.booking import confirming
from clinic.booking.held import get_held
from clinic.db import db, in_one_transaction
from clinic.scheduling.appointments import old_forms
from clinic.scheduling.models import Hold
from clinic.scheduling.verdict.request import SlotTaken
from tests.makes import NOON
from tests.races import twins

LATER = NOON + timedelta(days=2)


def confirm(wait, hold_id):
    """Its owner has the page open, and presses."""
    kept = db.session.get_one(Hold, hold_id)
    by = db.session.get_one(User, kept.user_id)
    wanted = get_held(by, kept.service.kind, hold_id)
    db.session.commit()
    wait()
    try:
        in_one_transaction(lambda: confirming.confirm(wanted, by=by, now=LATER))
    except SlotTaken:
        db.session.rollback()
        return "gone"
    return "booked"


def clear(wait, manner):
    """It stops when it knows which forms are over. A hasty one does not look at them again."""
    do, waited = twins.original("do_in_round"), []

    def wait_then_do(*args):
        if not waited:
            waited.append(wait())
        return do(*args)

    twins.replace(do_in_round=wait_then_do)
    if manner == "hasty":
        delete = twins.original("delete_used")
        twins.replace(delete_unused=lambda lead_id, **_: delete([lead_id]))
    old_forms.clear(now=LATER)
    return "cleared"
