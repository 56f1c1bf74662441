"""A process that waits at the door, and then does one thing to the stock: `dosing URL BLIND VERB ID`.

It says `ready`, waits for a line, and says how it ended. A blind one does not look at what is
left: only the database stands between it and the last dose.
"""

import sys

from clinic.accounts.models import User
from clinic.app import create_app
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.scheduling import booking
from clinic.scheduling.models import Appointment
from clinic.vaccination import stock, stock_lots
from clinic.vaccination.stock_models import VaccineLot
from tests.conftest import SETTINGS
from tests.makes import NOON

DOSE = stock.Dose("MMR", "MMR", 1)


def do(verb, number):
    user = db.session.query(User).first()
    if verb == "recall":
        stock_lots.recall(db.session.get_one(VaccineLot, number), "", by=user, now=NOON)
        return
    visit = db.session.get_one(Appointment, number)
    if verb == "promise":
        stock.promise([DOSE], appointment=visit, by=user, now=NOON)
    else:
        booking.cancel(visit, by=user, online=False, now=NOON)


def main(url, blind, verb, number):
    if blind == "blind":
        stock._must_have = lambda *_, **__: None
    app = create_app(SETTINGS | {"DATABASE_URL": url})
    with app.app_context():
        print("ready", flush=True)
        sys.stdin.readline()
        try:
            in_one_transaction(lambda: do(verb, int(number)))
        except DomainError as error:
            print(type(error).__name__)
        else:
            print("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
