"""The report of a finished check, to read and to print on one page."""

from datetime import timedelta

from flask import Response

from clinic import audit, clock
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.accounts.rights import Deed
from clinic.ages import age_months
from clinic.amounts import Kind
from clinic.booking.choosing import DAYS
from clinic.checkups.blueprint import bp
from clinic.checkups.check.queries import coming_check
from clinic.checkups.due.plan import dues_of
from clinic.checkups.growth import words
from clinic.checkups.growth.queries import services_offered
from clinic.checkups.models import CheckVisit
from clinic.checkups.report import queries
from clinic.checkups.spine.recording import last_screened, stands
from clinic.checkups.spine.suggestions import CODES, offers, signs_seen
from clinic.clock import clinic_day
from clinic.sentences import mark
from clinic.web import render

AMOUNTS = {Kind.HAEMOGLOBIN: mark("Haemoglobin"), Kind.TEMPERATURE: mark("Temperature")}


@bp.get("/visits/<id:appointment_id>/report")
@allow(Role.PARENT, Deed.READ_CHECKS)
def report(appointment_id: int) -> Response:
    """By the appointment at which the check was made."""
    return _page(queries.get_finished_at(me(), appointment_id))


@bp.get("/checks/<id:check_id>/report")
@allow(Role.PARENT, Deed.READ_CHECKS)
def check_report(check_id: int) -> Response:
    """By the check itself; one that was taken over from before has no appointment."""
    return _page(queries.get_finished(me(), check_id))


def _page(check: CheckVisit) -> Response:
    now, child = clock.now(), check.child
    is_family = queries.is_family(me(), child.id)
    if not is_family:
        audit.note_read(child.id, check.centre_id)
    found = queries.report_of(check)
    today = clinic_day(now)
    next_one = dues_of([child], today)[child.id]
    next_day = max(today, next_one.due_from or today)
    return render(
        "checkups/report.html",
        check=check,
        child=child,
        report=found,
        is_family=is_family,
        crossed=[] if is_family else found.crossed,
        next=next_one,
        next_day=next_day,
        opens_on=next_day - timedelta(days=DAYS),
        booked=coming_check(child.id, now),
        offers=offers(
            positive=signs_seen(found.found),
            words=found.words,
            age_months=age_months(child.birth_date, today),
            services=services_offered(CODES, today),
            spine=stands(last_screened(child.id), today),
        ),
        sex="F" if child.sex == "female" else "M",
        words=words,
        amounts=AMOUNTS,
    )
