"""What the health checks say of themselves."""

from clinic.accounts.models import Profession
from clinic.checkups.check import reconciling
from clinic.checkups.check.queries import check_of
from clinic.checkups.commands import checkups
from clinic.checkups.demo.demo import CheckupsDemo
from clinic.checkups.due import needs
from clinic.checkups.due.plan import HEALTH_CHECK
from clinic.checkups.growth.scores import growth
from clinic.checkups.manager import views as shares
from clinic.checkups.report.queries import has_report
from clinic.checkups.spine.suggestions import SPINE
from clinic.checkups.views import bp
from clinic.families.models import Child
from clinic.scheduling.models import Appointment
from clinic.sentences import mark
from clinic.services.room import Link, ServiceRoom
from clinic.visits.stations import Pathway


def _before(appointment: Appointment) -> Link | None:
    if appointment.service.code != HEALTH_CHECK:
        return None
    values = {"appointment_id": appointment.id}
    return Link(mark("Questions before the check"), "clipboard-list", "checkups.before", values)


def _record(appointment: Appointment) -> Link | None:
    values = {"appointment_id": appointment.id}
    if appointment.service.code == HEALTH_CHECK:
        return Link(mark("Open the check"), "ruler", "checkups.check", values)
    if appointment.service.code == SPINE:
        return Link(mark("Spine screening"), "ruler", "checkups.spine", values)
    return None


def _report(appointment: Appointment) -> Link | None:
    if not has_report(appointment.id):
        return None
    values = {"appointment_id": appointment.id}
    return Link(mark("Report of the health check"), "clipboard-list", "checkups.report", values)


def _growth(child: Child) -> Link:
    return Link(mark("Growth"), "ruler", "checkups.growth", {"child_id": child.id})


def _has_record(appointment: Appointment) -> bool:
    """Whether a check was finished at it."""
    check = check_of(appointment.id)
    return check is not None and check.finished_at is not None


CHECKUPS = ServiceRoom(
    kind="checkups",
    title=mark("Health check"),
    about=mark("Growth, hearing, sight and development at the ages that matter."),
    book=mark("Book the health check"),
    icon="ruler",
    pages=bp,
    more_pages=(shares.bp,),
    commands=(checkups, growth),
    professions=frozenset({Profession.DOCTOR, Profession.NURSE}),
    pathway=Pathway("C", ("screening", "doctor")),
    is_followed=True,
    link_before=_before,
    link_record=_record,
    link_report=_report,
    due=needs.due,
    child_page=_growth,
    has_record=_has_record,
    manager_pages=(Link(mark("Health"), "heart-pulse", "shares.health"),),
    demo=CheckupsDemo(),
    dependents=reconciling,
)
