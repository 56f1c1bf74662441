"""The demo shows what a family and a clinician do about a check: both in one visit, and one today."""

from datetime import time

from sqlalchemy import select

from clinic.accounts.queries import find_user
from clinic.ages import age_months
from clinic.calendar.queries import get_own
from clinic.care.gather import plans_of
from clinic.checkups.check.case import case_of
from clinic.checkups.check.queries import coming_check, get_check
from clinic.checkups.growth.charts import series_of
from clinic.checkups.growth.lines import Standard
from clinic.checkups.growth.queries import (
    entered_of,
    latest_findings,
    patient_of,
    services_offered,
)
from clinic.checkups.models import CheckVisit, EnteredBy, Measurement
from clinic.checkups.spine.recording import last_screened, stands
from clinic.checkups.spine.suggestions import CODES, offers, signs_seen
from clinic.clock import at, clinic_day, day_bounds
from clinic.db import db
from clinic.families.queries import children_of
from clinic.scheduling.models import Appointment
from tests.demo.conftest import DAY


def test_there_is_something_to_do_today(city):
    finished_and_whole()
    doctor = find_user("clinician@demo.example")
    youngest = both_in_one_visit(find_user("parent@demo.example"))
    visits = [
        time_found
        for time_found in db.session.query(Appointment).join(Appointment.practitioner)
        if time_found.practitioner.user_id == doctor.id
        and time_found.service.kind == "checkups"
        and clinic_day(time_found.starts_at) == DAY
    ]
    assert all(get_own(doctor, visit.id) is visit for visit in visits)
    assert any(case_of(get_check(doctor, visit.id)).answers for visit in visits)
    assert youngest not in [visit.child for visit in visits]


def both_in_one_visit(parent):
    """The youngest has both due and nothing of it booked; the brother has a check soon."""
    midnight, _ = day_bounds(DAY)
    children = {child.name: child for child in children_of(parent)}
    youngest = children["李一禾"]
    both = plans_of([youngest], DAY)[youngest.id].kinds_open
    assert set(both) == {"checkups", "vaccination"}
    booked = db.session.query(Appointment).filter_by(child_id=youngest.id, cancelled_at=None)
    ahead = [time_found.service.kind for time_found in booked if time_found.starts_at >= midnight]
    assert set(ahead).isdisjoint(both)
    assert coming_check(children["李一麦"].id, at(DAY, time(0)))
    assert offered(children["李一麦"]) == ["rehab-assessment", "weight-clinic"]
    assert offered(children["李一木"]) == ["spine-screening"]
    return youngest


def offered(child):
    """The services that the child's growth page offers."""
    series = series_of(patient_of(child), entered_of(child.id), Standard.NATIONAL, DAY)
    found = offers(
        positive=signs_seen(latest_findings(child.id)),
        words=[one.latest.word for one in series if one.latest],
        age_months=age_months(child.birth_date, DAY),
        services=services_offered(CODES, DAY),
        spine=stands(last_screened(child.id), DAY),
    )
    return [one.service.code for one in found]


def finished_and_whole():
    """Checks are finished, none lies ahead, and what the clinic measured belongs to one."""
    days = db.session.scalars(select(CheckVisit.done_on)).all()
    assert len(days) > 500
    assert max(days) <= DAY
    unfinished = select(CheckVisit.id).where(CheckVisit.finished_at.is_(None))
    assert db.session.scalars(unfinished).all() == []
    alone = select(Measurement.id).where(
        Measurement.source == EnteredBy.CLINIC, Measurement.check_visit_id.is_(None)
    )
    assert db.session.scalars(alone).all() == []
