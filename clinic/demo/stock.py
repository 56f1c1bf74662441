"""Vaccines in the fridges of the city, and the doses that its coming visits are for."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from clinic.accounts.models import User
from clinic.centres.models import Centre, Service, ServiceKind
from clinic.clock import at, clinic_day
from clinic.db import db
from clinic.scheduling.models import Appointment
from clinic.vaccination import legal, stock, stock_lots
from clinic.vaccination.catalogue import vaccines
from clinic.vaccination.terms import DoseTerms

MAKER = "演示生物制品"
OLD, NEW = (30, 60), (40, 400)  # doses, and days until they expire


def fill(today: date, *, by: User) -> None:
    """Two lots of every vaccine at every centre that vaccinates."""
    morning = at(today - timedelta(days=3), time(8))
    giving = Centre.services.any(Service.kind == ServiceKind.VACCINATION)
    for centre in db.session.scalars(select(Centre).where(giving).order_by(Centre.id)).all():
        for number, vaccine in enumerate(sorted(vaccines())):
            product = stock_lots.product_of(vaccine, MAKER)
            for letter, (doses, days) in zip("AB", (OLD, NEW), strict=True):
                lot = f"{today.year - 1}{letter}{number:02}"
                expires_on = today + timedelta(days=days + number)
                facts = (centre.id, product, lot, expires_on, doses)
                stock_lots.receive(*facts, by=by, now=morning)


def promise(now: datetime, *, by: User) -> None:
    """Every coming vaccination is for what is legal that day, of what the child needs next."""
    query = (
        select(Appointment)
        .join(Appointment.service)
        .where(
            Service.kind == ServiceKind.VACCINATION,
            Appointment.starts_at > now,
            Appointment.cancelled_at.is_(None),
            Appointment.no_show_at.is_(None),
            Appointment.done_at.is_(None),
        )
        .order_by(Appointment.starts_at)
    )
    for visit in db.session.scalars(query).all():
        day = clinic_day(visit.starts_at)
        terms = DoseTerms([visit.child_id], {}, None, day, now, fresh=True)
        if not legal.objections(terms.cases[visit.child_id], terms.series[visit.child_id], day):
            stock.promise(terms.doses(visit.child_id, day), appointment=visit, by=by, now=now)
