"""What the health checks add to the demo city, each part at its time."""

from datetime import date

from clinic.centres.models import Service
from clinic.checkups.demo import checks, elder, growth
from clinic.checkups.due.plan import HEALTH_CHECK
from clinic.families.models import Child
from clinic.scheduling.models import Appointment
from clinic.services.demo import City, Family, RoomDemo


class CheckupsDemo(RoomDemo):
    """How children grew, the checks they had, and checks to look at."""

    def add_history(self, city: City) -> None:
        growth.fill(city)
        elder.fill(city.families[0].guardian, city.today, staff=city.founder)

    def is_plausible(self, family: Family, child: Child, service: Service, day: date) -> bool:
        """A check is due. What is due for the children one looks at first stays due."""
        if service.code != HEALTH_CHECK:
            return super().is_plausible(family, child, service, day)
        return not family.is_shown and checks.is_due(child, day)

    def was_seen(self, city: City, appointment: Appointment) -> None:
        if appointment.service.code == HEALTH_CHECK:
            growth.record_check(appointment, by=city.founder)

    def add_visits(self, city: City, *, is_first: bool) -> None:
        if is_first:
            checks.book_soon(city)
        checks.book_today(city)
