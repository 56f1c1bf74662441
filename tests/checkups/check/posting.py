"""The page of a check is sent, and what is kept of it."""

import pytest

from clinic.checkups.models import CheckFinding, EnteredBy, Measurement
from clinic.db import db
from tests.checkups.at_the_check import Day, hidden


@pytest.fixture
def day(app):
    return Day()


def kept():
    """What is on record of checks now."""
    db.session.expire_all()
    rows = db.session.query(Measurement).filter(
        Measurement.voided_at.is_(None), Measurement.source == EnteredBy.CLINIC
    )
    found = db.session.query(CheckFinding).filter(
        CheckFinding.voided_at.is_(None), CheckFinding.source == EnteredBy.CLINIC
    )
    return {row.kind.value: row.amount for row in rows} | {
        check_finding.code: check_finding.value for check_finding in found
    }


def post(client, day, *parts, **more):
    """Send the page as it is shown now, changed by these."""
    data = hidden(client.get(day.page).text)
    for part in parts:
        data |= part
    return client.post(day.page, data=data | more)
