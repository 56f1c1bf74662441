"""The first family's eldest goes to school: measured at home, and screened half a year ago."""

from datetime import date, time, timedelta
from random import Random

from sqlalchemy import select

from clinic.accounts.models import User
from clinic.amounts import How, Kind
from clinic.centres.models import Centre
from clinic.checkups.check import recording
from clinic.checkups.growth.measuring import Measured
from clinic.checkups.models import SPINE
from clinic.clock import at
from clinic.db import db
from clinic.demo.newcomers import add_past
from clinic.families import registering
from clinic.families.models import Relation, Sex

AGE = 3010  # days
SCREENED = 200  # days ago, and what was found then: it is time for another look
FOUND = {"bend": "normal", "atr-upper": "5", "atr-middle": "2", "atr-lower": "3"}
AT_HOME = ((380, 22900, 1226), (20, 26300, 1287))  # days ago, grams, millimetres


def fill(guardian: User, today: date, *, staff: User) -> None:
    """After all the others, so that these stay as they are."""
    evening = at(today - timedelta(days=1), time(19))
    child = registering.register_child(
        guardian=guardian,
        relation=Relation.MOTHER,
        name="李一木",
        sex=Sex.MALE,
        birth_date=today - timedelta(days=AGE),
        by=guardian,
        now=evening,
    )
    add_past(child, by=guardian, dice=Random(AGE), now=at(today, time(0)))  # noqa: S311 - a plausible city, not a secret
    for days, grams, millimetres in AT_HOME:
        on = today - timedelta(days=days)
        measured = [
            Measured(on, Kind.WEIGHT, grams),
            Measured(on, Kind.LENGTH, millimetres, How.STANDING),
        ]
        recording.measure_at_home(child, measured, by=guardian, now=evening)
    centre = db.session.scalars(select(Centre).where(Centre.code == "qingbo")).one()
    on = today - timedelta(days=SCREENED)
    target, then = recording.Target(child.id, centre.id, SPINE, on), at(on, time(15))
    check = recording.save_check(target, 0, (), FOUND, by=staff, now=then)
    check.finished_at, check.finished_by_id = then, staff.id
    db.session.flush()
