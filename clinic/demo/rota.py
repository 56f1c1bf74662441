"""A rota in the making: what a manager means to change, not published yet."""

from dataclasses import replace
from datetime import date, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from clinic.accounts.models import Membership, Role
from clinic.centres.models import Centre
from clinic.clock import at, local
from clinic.db import db
from clinic.scheduling.models import Appointment, ClinicSession, RotaRule, Slot
from clinic.scheduling.rota import drafts
from clinic.scheduling.rota.drafts import Template
from clinic.scheduling.rota.models import weekly_of


def draft(today: date) -> None:
    """From next Monday on, a clinician's hours would spare a time for which a family is booked."""
    first = today + timedelta(days=7 - today.weekday())
    found = _a_visit(first)
    if found is None:
        return
    appointment, rule = found
    managers = select(Membership).where(
        Membership.centre_id == rule.centre_id, Membership.role == Role.MANAGER
    )
    manager = db.session.scalars(managers).one().user
    weekly = replace(weekly_of(rule), valid_from=first)
    starts, ends = local(appointment.starts_at).time(), local(appointment.ends_at).time()
    weekly = replace(weekly, closes=starts) if starts > rule.opens else replace(weekly, opens=ends)
    wanted = Template(rule.practitioner, rule.room, tuple(rule.services), weekly)
    drafts.draft_change(rule, wanted, by=manager, now=at(today, time(7)))


def _a_visit(first: date) -> tuple[Appointment, RotaRule] | None:
    """The first visit by the rota of the first centre from that day on, with its rule."""
    centre = select(Centre.id).order_by(Centre.id).limit(1).scalar_subquery()
    query = (
        select(Appointment, RotaRule)
        .join(Slot, Slot.id == Appointment.slot_id)
        .join(ClinicSession, ClinicSession.id == Slot.clinic_session_id)
        .join(RotaRule, RotaRule.id == ClinicSession.rota_rule_id)
        .where(
            Appointment.centre_id == centre,
            Appointment.starts_at >= at(first, time(0)),
            Appointment.cancelled_at.is_(None),
        )
        .order_by(Appointment.starts_at, Appointment.id)
        .options(joinedload(RotaRule.practitioner), joinedload(RotaRule.room))
        .limit(1)
    )
    row = db.session.execute(query).first()
    return (row[0], row[1]) if row else None
