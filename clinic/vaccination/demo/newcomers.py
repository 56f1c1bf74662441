"""Each day some families move here with a baby who is vaccinated today, so that no room and no
chair of the observation is empty."""

from datetime import date, time, timedelta

from sqlalchemy import select

from clinic.accounts.models import User
from clinic.centres.models import Centre, Service
from clinic.clock import at
from clinic.db import db
from clinic.demo.city import NEWCOMERS_PHONE
from clinic.demo.newcomers import register
from clinic.demo.visits import invent
from clinic.scheduling.models import Appointment
from clinic.services.demo import City, Family
from clinic.vaccination.blueprint import bp
from clinic.vaccination.demo import jabs
from clinic.visits import arriving

SIGNED_UP = timedelta(days=5)  # ago
# Minutes ago: when the child came, and when it got its dose; the last one waits.
CAME_AND_GIVEN = ((24, 11), (22, 2), (9, None))


def arrive(city: City, centre: Centre) -> None:
    """One child sits under observation at this centre, one has just had its dose, one waits."""
    vaccination = select(Service).where(Service.kind == bp.name)
    service = db.session.scalars(vaccination.order_by(Service.id)).first()
    if service is None or service not in centre.services:
        return
    for number, (came, given) in enumerate(CAME_AND_GIVEN):
        if family := _family(city, centre, number):
            city.families.append(family)
            child = family.children[0]
            appointment = invent(
                city, family, child, centre, city.today, service=service, near=city.busy
            )
            if appointment:
                _come(city, appointment, came, given)


def _come(city: City, appointment: Appointment, came: int, given: int | None) -> None:
    reception = city.receptions[appointment.centre_id]
    clinician = city.clinicians[appointment.practitioner_id]
    midnight = at(city.today, time(0))
    came_at = max(city.now - timedelta(minutes=came), midnight)
    arriving.check_in(appointment, by=reception, now=came_at)
    if given is not None:
        given_at = max(city.now - timedelta(minutes=given), midnight)
        jabs.give_what_is_due(appointment, by=clinician, came=came_at, now=given_at, until=city.now)


def _family(city: City, centre: Centre, number: int) -> Family | None:
    """A guardian and a baby for whom a dose is due today."""
    homes = [row["code"] for row in city.data["centres"]]
    digit = homes.index(centre.code) + len(homes) * number
    phone = f"{NEWCOMERS_PHONE}{city.today.toordinal() % 10**6:06}{digit}"
    if db.session.scalar(select(User.id).where(User.phone == phone)):
        return None
    then = at(city.today, time(9)) - SIGNED_UP
    return register(city, centre, phone, _birth_date(city, number), then)


def _birth_date(city: City, number: int) -> date:
    """At an age at which the national programme asks for a dose."""
    ages = city.data["newcomers"]["ages_days"]
    youngest, eldest = ages[(city.today.toordinal() + 2 * number) % len(ages)]
    return city.today - timedelta(days=city.dice.randint(youngest, eldest))
