"""Vaccinations of invented visits: asked, agreed to, given, watched over; with all their records."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select

from clinic.accounts.models import User
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.families.models import Child
from clinic.questionnaires.answers import Answer
from clinic.scheduling.models import Appointment, Booking
from clinic.services.demo import BOOKED_BEFORE, INVENTED
from clinic.vaccination.doses.requirements import DoseRequirements
from clinic.vaccination.jab import (
    before,
    giving,
    observation,
    screening,
)
from clinic.vaccination.jab import (
    queries as jab_queries,
)
from clinic.vaccination.jab.giving import STAY, Jab
from clinic.vaccination.jab.models import PostVaccinationStay
from clinic.vaccination.jab.queries import DoseToGive
from clinic.vaccination.jab.rules import CHECKS, sites_for
from clinic.vaccination.programme import legal
from clinic.vaccination.stock.queries import good_lots

MINUTE = timedelta(minutes=1)
AT_ONCE = 2  # doses at one invented visit


def has_something_due(child: Child, day: date) -> bool:
    """Whether the programme asks for a dose on that day that no other visit is booked for."""
    required = required_of(child.id, day)
    return bool(required.series[child.id]) and not legal.objections(
        required.cases[child.id], required.series[child.id], day
    )


def required_of(child_id: int, day: date) -> DoseRequirements:
    """What a visit on that day would be for, as its family saw it when it booked."""
    booked_at = day_bounds(day)[0] - BOOKED_BEFORE
    return DoseRequirements([child_id], {}, None, day, booked_at, fresh=True)


def can_give(appointment: Appointment, day: date) -> bool:
    """Whether there is a dose that may be given at this visit, and is in stock."""
    return bool(_jabs(appointment, day))


def give_what_is_due(
    appointment: Appointment, *, by: User, came: datetime, now: datetime, until: datetime
) -> None:
    """Give what is due and in stock; the child leaves after half an hour, if that is before `until`."""
    jabs = _jabs(appointment, clinic_day(now))
    child, on = appointment.child, clinic_day(appointment.starts_at)
    asked = screening.versions().current.asked_of(child.birth_date, child.sex, on)
    well = {question.code: Answer("no") for question in asked}
    codes = [jab.code for jab in jabs]
    before.answer(appointment, well, codes, language="zh", by=by, now=came)
    agreed = [(jab.line, True) for jab in jabs]
    before.decide(appointment, agreed, language="zh", by=by, now=came)
    giving.give(appointment, jabs, list(CHECKS), by=by, now=now)
    if now + STAY < until:
        observation.leave(appointment, "", by=by, now=now + STAY + MINUTE)


def let_go_home(*, by: User, now: datetime) -> None:
    """The children of earlier days who had no reaction went home when their half hour was over."""
    query = (
        select(PostVaccinationStay)
        .join(PostVaccinationStay.appointment)
        .join(Appointment.booking)
        .where(
            Booking.idempotency_key.startswith(INVENTED),
            PostVaccinationStay.left_at.is_(None),
            PostVaccinationStay.ends_at < now,
        )
    )
    for stay in db.session.scalars(query.order_by(PostVaccinationStay.id)).all():
        if observation.open_reaction(stay.appointment_id) is None:
            observation.leave(stay.appointment, "", by=by, now=stay.ends_at + MINUTE)


def _jabs(appointment: Appointment, day: date) -> list[Jab]:
    """The first doses that may be given that day, each from the lot that expires first."""
    lines = [line for line in jab_queries.lines_of(appointment, day) if line.against is None]
    lots = good_lots(appointment.centre_id, {line.vaccine.code for line in lines}, day)
    jabs: list[Jab] = []
    for line in lines:
        site = _free_site(line, [jab.site for jab in jabs])
        if lots[line.vaccine.code] and site and len(jabs) < AT_ONCE:
            jabs.append(Jab(line, lots[line.vaccine.code][0].number, site))
    return jabs


def _free_site(line: DoseToGive, used: Sequence[str]) -> str | None:
    sites = sites_for(line.vaccine.route)
    return next((site for site in sites if site == "mouth" or site not in used), None)
