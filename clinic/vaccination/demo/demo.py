"""What vaccination adds to the demo city, each part at its time."""

from datetime import date, datetime, time
from random import Random

from clinic.accounts.models import User
from clinic.centres.models import Service
from clinic.clock import at
from clinic.families.models import Child
from clinic.scheduling.models import Appointment
from clinic.services.demo import City, Family, RoomDemo
from clinic.vaccination.demo import booklets, jabs, newcomers, stock

NOTHING_DUE = "今日无需接种，已告知家长下次接种时间。"


class VaccinationDemo(RoomDemo):
    """Booklets, vaccines in the fridges, jabs."""

    def add_past(self, child: Child, *, by: User, dice: Random, now: datetime) -> None:
        booklets.fill(child, by=by, dice=dice, now=now)

    def supply(self, city: City) -> None:
        stock.fill(city)

    def is_plausible(self, family: Family, child: Child, service: Service, day: date) -> bool:
        """Something is due. What is due for the children one looks at first stays due."""
        return not family.is_shown and jabs.has_something_due(child, day)

    def was_booked(self, appointment: Appointment, *, by: User, now: datetime) -> None:
        stock.reserve(appointment, by=by, now=now)

    def is_in_vain(self, appointment: Appointment, day: date) -> str:
        return "" if jabs.can_give(appointment, day) else NOTHING_DUE

    def be_seen(
        self, city: City, appointment: Appointment, *, came: datetime, seen: datetime
    ) -> bool:
        clinician = city.clinicians[appointment.practitioner_id]
        jabs.give_what_is_due(appointment, by=clinician, came=came, now=seen, until=city.now)
        return True

    def end_days(self, city: City) -> None:
        jabs.let_go_home(by=city.founder, now=at(city.today, time(0)))

    def add_visits(self, city: City, *, is_first: bool) -> None:
        for centre in city.centres():
            newcomers.arrive(city, centre)
