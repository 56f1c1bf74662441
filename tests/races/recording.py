"""A family that has booked and not committed, and another guardian who enters a dose meanwhile.

Alone: nothing that hangs on the record is locked or looked at again.
"""

from datetime import date

from clinic.accounts.models import User
from clinic.booking import on_behalf
from clinic.centres.models import Service
from clinic.db import db, in_one_transaction
from clinic.families.models import Child
from clinic.scheduling.models import Channel
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import Source
from clinic.vaccination.record.rules import Entry
from tests.makes import NOON
from tests.races import twins

ELSEWHERE = date(2026, 2, 2)


def book(wait, child_id, service_id, slot_id):
    """Book a visit for DTaP; the door is before the commit."""
    child, service = db.session.get_one(Child, child_id), db.session.get_one(Service, service_id)
    by = child.guardianships[0].user

    def work():
        facts = {"codes": ["DTAP"], "channel": Channel.PHONE, "key": "race", "by": by, "now": NOON}
        on_behalf.book_for(child, service, slots_for(service, slot_id), **facts)
        wait()

    in_one_transaction(work)
    return "done"


def enter(wait, child_id, user_id, sight):
    """Enter DTaP as given elsewhere."""
    if sight == "alone":
        twins.replace(dependents=())
    wait()

    def work():
        child, by = db.session.get_one(Child, child_id), db.session.get_one(User, user_id)
        entries = [Entry("DTaP", ELSEWHERE)]
        recording.record(child, entries, by=by, source=Source.BOOKLET, now=NOON)

    in_one_transaction(work)
    return "done"
