"""What a child was given: recorded all or nothing, verified, voided."""

from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

from clinic.db import db
from clinic.vaccination.record import recording, rules
from clinic.vaccination.record.models import Immunization, Source
from clinic.vaccination.record.rules import Entry
from tests.makes import NOON, make_child, make_user

BIRTH = date(2025, 2, 1)
GOOD = Entry("BCG", BIRTH)
BAD = [
    (Entry("tea", BIRTH), rules.UnknownVaccine),
    (Entry("HepB", date(2025, 1, 31)), rules.DoseBeforeBirth),
    (Entry("HepB", date(2026, 3, 3)), rules.NotYetGiven),
    (GOOD, rules.GivenTwice),
]


@pytest.mark.parametrize(("entry", "refusal"), BAD)
def test_one_bad_entry_keeps_all_out(app, entry, refusal):
    user = make_user()
    child = make_child(user)
    with pytest.raises(refusal):
        recording.record(child, [GOOD, entry], by=user, source=Source.BOOKLET, now=NOON)
    assert db.session.query(Immunization).count() == 0


def test_a_voided_entry_stays_and_may_be_entered_again(app):
    user = make_user()
    child = make_child(user)
    (first,) = recording.record(child, [GOOD], by=user, source=Source.BOOKLET, now=NOON)
    recording.void(first, by=user, reason="typing", now=NOON)
    (second,) = recording.record(child, [GOOD], by=user, source=Source.BOOKLET, now=NOON)
    recording.verify(second, by=user, now=NOON)
    assert recording.history_of(child.id) == [second]
    assert db.session.query(Immunization).count() == 2


def test_the_database_refuses_the_same_day_twice_in_words(both):
    user = make_user()
    child = make_child(user)
    (first,) = recording.record(child, [GOOD], by=user, source=Source.BOOKLET, now=NOON)
    db.session.add(
        Immunization(
            child_id=child.id,
            vaccine=first.vaccine,
            given_on=first.given_on,
            source=Source.BOOKLET,
            entered_at=NOON,
            entered_by_id=user.id,
        )
    )
    with pytest.raises(IntegrityError) as refused:
        db.session.flush()
    assert isinstance(recording.refusal(refused.value), rules.GivenTwice)


def test_another_broken_promise_goes_on_as_it_is(app):
    user = make_user()
    bad = Entry("BCG", BIRTH, 10)
    with pytest.raises(IntegrityError):
        recording.record(make_child(user), [bad], by=user, source=Source.BOOKLET, now=NOON)
