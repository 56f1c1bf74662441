"""A process that waits at the door, and then gives a dose: `giving URL APPOINTMENT NURSE [blind|careless|unchecked]`.

Blind: nobody locks the appointment or sees that it is done, and nobody knows what is on record.
Careless: nobody locks the stock or looks whether the lot has any left. Unchecked: nor does SQLite.
"""

import sys

from sqlalchemy import event

from clinic.accounts.models import User
from clinic.app import create_app
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.scheduling.models import Appointment
from clinic.vaccination import giving, record, stock, visits
from clinic.vaccination.giving_rules import CHECKS
from tests.conftest import SETTINGS
from tests.promises import is_sqlite
from tests.vaccination.at_the_jab import LOT, ON_THE_DAY


def give(visit_id, nurse_id):
    visit = db.session.get_one(Appointment, visit_id)
    nurse = db.session.get_one(User, nurse_id)
    lines = visits.lines_of(visit, clinic_day(ON_THE_DAY))
    jabs = [giving.Jab(one, LOT, "left arm") for one in lines if one.vaccine.code == "MMR"]
    giving.give(visit, jabs, list(CHECKS), by=nurse, now=ON_THE_DAY)


def go_blind():
    visits.observation_of = lambda _: None
    giving.lock = lambda *_: None
    giving._observe = giving.attendance.finish = giving.recorded.seen = lambda *_, **__: None
    record.history_of = lambda _: []


def go_careless():
    giving.lock = stock.lock = stock._must_be_good = lambda *_: None
    stock.can_keep = lambda *_: True


def ignore_checks(connection, _record):
    connection.execute("PRAGMA ignore_check_constraints = ON")


def main(url, visit_id, nurse_id, sight="sees"):
    if sight == "blind":
        go_blind()
    if sight in ("careless", "unchecked"):
        go_careless()
    app = create_app(SETTINGS | {"DATABASE_URL": url})
    with app.app_context():
        if sight == "unchecked" and is_sqlite():
            event.listen(db.engine, "connect", ignore_checks)
        print("ready", flush=True)
        sys.stdin.readline()
        try:
            in_one_transaction(lambda: give(int(visit_id), int(nurse_id)))
        except DomainError as error:
            print(getattr(error, "why", error).__class__.__name__)
        else:
            print("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
