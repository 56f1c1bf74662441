"""Vaccines in the fridges of the city, and the doses that its coming visits are for."""

from datetime import datetime, time, timedelta

from sqlalchemy import func, select

from clinic.accounts.models import User
from clinic.centres.models import Centre, Service
from clinic.clock import at, clinic_day
from clinic.db import db
from clinic.scheduling.models import Appointment
from clinic.services.demo import City
from clinic.vaccination.blueprint import bp
from clinic.vaccination.demo.jabs import AT_ONCE, required_of
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.stock import lots, reserving
from clinic.vaccination.stock.models import VaccineLot, VaccineProduct
from clinic.vaccination.stock.queries import LEFT

MAKER = "演示生物制品"
OLD, NEW = (30, 60), (40, 400)  # doses, and days until they expire
LOW = 25  # doses
GOOD_FOR = timedelta(days=21)  # what expires earlier is as good as used
CAME = timedelta(days=20)  # ago


def fill(city: City) -> None:
    """Two lots of every vaccine at every centre that vaccinates, where it has not enough."""
    morning = at(city.today - CAME, time(8))
    giving = Centre.services.any(Service.kind == bp.name)
    for centre in db.session.scalars(select(Centre).where(giving).order_by(Centre.id)).all():
        left = _doses_left(city, centre)
        for number, vaccine in enumerate(sorted(vaccines())):
            if left.get(vaccine, 0) >= LOW:
                continue
            product = lots.product_of(vaccine, MAKER)
            for letter, (doses, days) in zip("AB", (OLD, NEW), strict=True):
                lot = f"{city.today:%y%m%d}{letter}{number:02}"
                expires_on = city.today + timedelta(days=days + number)
                facts = (centre.id, product, lot, expires_on, doses)
                lots.receive(*facts, by=city.founder, now=morning)


def _doses_left(city: City, centre: Centre) -> dict[str, int]:
    """By vaccine, without what expires soon or was recalled. One query."""
    query = (
        select(VaccineProduct.vaccine, func.sum(LEFT).label("left"))
        .join(VaccineLot, VaccineLot.product_id == VaccineProduct.id)
        .where(
            VaccineLot.centre_id == centre.id,
            VaccineLot.recalled_at.is_(None),
            VaccineLot.expires_on >= city.today + GOOD_FOR,
        )
        .group_by(VaccineProduct.vaccine)
    )
    return {row.vaccine: row.left for row in db.session.execute(query)}


def reserve(appointment: Appointment, *, by: User, now: datetime) -> None:
    """The visit is for what is due that day: the first doses of it."""
    day = clinic_day(appointment.starts_at)
    doses = required_of(appointment.child_id, day).doses(appointment.child_id, day)[:AT_ONCE]
    reserving.reserve(doses, appointment=appointment, by=by, now=now)
