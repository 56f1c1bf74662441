"""What a child was given: recorded all or nothing, verified, voided."""

from datetime import date

import pytest

from clinic.db import db
from clinic.vaccination import record
from clinic.vaccination.models import Immunization, Source
from clinic.vaccination.record import Entry
from tests.makes import NOON, make_child, make_user

pytestmark = pytest.mark.usefixtures("app")
BIRTH = date(2025, 2, 1)
GOOD = Entry("BCG", BIRTH)
BAD = [
    (Entry("tea", BIRTH), record.UnknownVaccine),
    (Entry("HepB", date(2025, 1, 31)), record.BeforeBirth),
    (Entry("HepB", date(2026, 3, 3)), record.NotYetGiven),
    (GOOD, record.GivenTwice),
]


@pytest.mark.parametrize(("entry", "refusal"), BAD)
def test_one_bad_entry_keeps_all_out(entry, refusal):
    user = make_user()
    child = make_child(user)
    with pytest.raises(refusal):
        record.record(child, [GOOD, entry], by=user, source=Source.BOOKLET, now=NOON)
    assert db.session.query(Immunization).count() == 0


def test_a_voided_entry_stays_and_may_be_entered_again():
    user = make_user()
    child = make_child(user)
    (first,) = record.record(child, [GOOD], by=user, source=Source.BOOKLET, now=NOON)
    record.void(first, by=user, reason="typing", now=NOON)
    (second,) = record.record(child, [GOOD], by=user, source=Source.BOOKLET, now=NOON)
    record.verify(second, by=user, now=NOON)
    assert record.history_of(child.id) == [second]
    assert db.session.query(Immunization).count() == 2
