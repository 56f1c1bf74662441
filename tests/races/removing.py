"""A guardian who chose, waits at the door, and then holds a time or joins the waitlist; who removes them.

A blind one is not looked at again when it acts; an unlocked one locks no child.
"""

from sqlalchemy import insert
from sqlalchemy.exc import NoResultFound

from clinic.accounts.models import User
from clinic.centres.models import Centre, Service
from clinic.db import db, in_one_transaction
from clinic.families import registering
from clinic.families.models import Child, Guardianship
from clinic.scheduling.appointments import holding
from clinic.scheduling.models import Hold
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.requirements import NOTHING_REQUIRED
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.waitlist import joining
from tests.makes import NOON, TOMORROW
from tests.races import twins


def hold(wait, manner, user_id, child_id, slot_id, stops=False):
    """Look, wait, and hold it; how that ended. One that `stops` waits again before it commits."""
    goes_without(manner)
    user, child = db.session.get_one(User, user_id), db.session.get_one(Child, child_id)
    service = db.session.query(Service).one()
    wanted = [Request(child, service, slots_for(service, slot_id))]
    holding.look_first(wanted, NOTHING_REQUIRED, by=user, now=NOON)
    db.session.rollback()
    wait()

    def work():
        holding.hold_allowed(wanted, NOTHING_REQUIRED, by=user, now=NOON)
        if stops:
            wait("held")

    return how(work, "held")


def join(wait, manner, user_id, *child_ids):
    """Choose siblings, wait, and join the waitlist for them; how that ended."""
    goes_without(manner)
    user = db.session.get_one(User, user_id)
    children = [db.session.get_one(Child, child_id) for child_id in child_ids]
    service, centre = db.session.query(Service).one(), db.session.query(Centre).one()
    db.session.rollback()
    wait()
    days = {"first_day": TOMORROW, "last_day": TOMORROW}
    wish = {"weekdays": range(7), "parts": ("morning",), **days}
    return how(lambda: joining.join(user, children, service, [centre], **wish, now=NOON), "joined")


def remove(wait, guardianship_id):
    guardianship = db.session.get_one(Guardianship, guardianship_id)
    first = next(sibling.user for sibling in guardianship.child.guardianships if sibling.is_first)
    wait()
    return how(lambda: registering.revoke(guardianship, by=first, now=NOON), "removed")


def how(work, ended):
    try:
        in_one_transaction(work)
    except NoResultFound:
        return "not theirs"
    return ended


def goes_without(manner):
    if manner == "blind":
        twins.replace(add_hold=hold_for_anyone, must_care_for=twins.nothing)
    elif manner == "unlocked":
        twins.replace(lock_family=twins.nothing)


def hold_for_anyone(row):
    return db.session.execute(insert(Hold).returning(Hold.id), row).scalar_one()
