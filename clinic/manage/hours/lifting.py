"""A closure or a leave is lifted: hours open again, families come back to their times."""

from flask import Response, flash
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts.access import me
from clinic.centres.models import Centre, Closure, Leave
from clinic.db import db, in_one_transaction
from clinic.scheduling.changes import reopening
from clinic.web import see_other


def lifted(row: Closure | Leave, page: str) -> Response:
    """Lift it, say how many families are back, and go to this page (an endpoint) of its centre."""
    done = in_one_transaction(lambda: reopening.lift(row, by=me(), now=clock.now()))
    flash(_("Opened again; families back at their old time: %(back)s.", back=len(done.restored)))
    return see_other(page, centre=db.session.get_one(Centre, row.centre_id).code)
