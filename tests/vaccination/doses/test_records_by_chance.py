"""Whatever is done to a child's record, in whatever order: its visits are for what the programme says."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling.appointments import booking
from clinic.scheduling.models import Appointment
from clinic.vaccination.record.models import Immunization
from tests.makes import NOON
from tests.vaccination.doses.dependents import DAYS, Baby, all_is_well

VACCINES = ("HepB", "IPV", "DTaP", "BCG", "MenA")
SERIES = ("HEPB", "POLIO", "DTAP", "BCG", "MEN")
CONDITIONS = ("preterm", "hiv_exposed", "hbsag_positive_mother")
NUMBER = st.integers(0, 200)
VERBS = ("enter", "void", "has", "is_born", "book", "cancel")


def do(baby, verb, one, other):
    """The verb, of whatever these numbers stand for."""
    if verb == "enter":
        baby.enter((VACCINES[one % 5], NOON.date() - timedelta(days=other % 40)))
    elif verb == "void":
        rows = select(Immunization.vaccine).where(
            Immunization.child_id == baby.child.id, Immunization.voided_at.is_(None)
        )
        if found := sorted(set(db.session.scalars(rows))):
            baby.void(found[one % len(found)])
    elif verb == "has":
        if db.session.scalars(select(Appointment)).first():
            baby.has(CONDITIONS[one % 3])
    elif verb == "is_born":
        baby.is_born(date(2025, 10, 1) + timedelta(days=one % 60))
    elif verb == "book":
        baby.book(DAYS[one % 3], SERIES[other % 5])
    elif found := db.session.query(Appointment).filter_by(cancelled_at=None).all():
        booking.cancel(found[one % len(found)], by=baby.parent, online=False, now=NOON)
        db.session.commit()


@pytest.mark.heavy("long walks")
@settings(
    max_examples=5,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(walk=st.lists(st.tuples(st.sampled_from(VERBS), NUMBER, NUMBER), min_size=6, max_size=10))
def test_whatever_is_done_to_a_record_what_hangs_on_it_follows(both, walk):
    baby = Baby()
    baby.book(DAYS[0], "DTAP")
    for step in walk:
        with suppress(DomainError):
            do(baby, *step)
        db.session.rollback()
        assert all_is_well() == [], step
