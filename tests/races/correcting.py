"""A nurse who has a record before her, waits at the door, and then corrects it or takes it back.

Blind: she does not see what became of it meanwhile; only the database stands between.
"""

from clinic.accounts.models import User
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.vaccination.jab import correcting
from clinic.vaccination.jab.correcting import Facts
from clinic.vaccination.record import recording
from tests.races import twins
from tests.vaccination.jab.at_the_jab import ON_THE_DAY


def correct(given_id, nurse, lot):
    facts = Facts(lot, "left arm", nurse.id)
    correcting.correct(given_id, facts, f"it was {lot}", seen=0, by=nurse, now=ON_THE_DAY)


def take_back(given_id, nurse):
    """As the page of the record does."""
    _given, shown = correcting.get_given(given_id)
    row = recording.get_row(db.session.get_one(Child, shown.child_id), shown.id)
    recording.must_be_as_shown(row, recording.corrections_of([row.id])[row.id], 0)
    recording.void(row, by=nurse, reason="another child", now=ON_THE_DAY)


def do(given_id, nurse_id, lot):
    by = db.session.get_one(User, nurse_id)
    if lot:
        correct(given_id, by, lot)
    else:
        take_back(given_id, by)


def go_blind():
    twins.replace(
        record_must_be_as_shown=twins.nothing,
        corrections_of=lambda numbers: {number: [] for number in numbers},
    )


def nurse(wait, given_id, nurse_id, lot, sight):
    """Correct it to that lot, or take it back where there is none, and say how that ended."""
    if sight == "blind":
        go_blind()
    wait()
    try:
        in_one_transaction(lambda: do(given_id, nurse_id, lot))
    except DomainError as error:
        return type(error).__name__
    return "done"
