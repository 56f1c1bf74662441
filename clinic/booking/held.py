"""What is held, as confirming it needs it: one statement, however many appointments belong together."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, bindparam, or_, select
from sqlalchemy.exc import NoResultFound

from clinic.accounts.models import Person
from clinic.booking.queries import MAY_CONFIRM
from clinic.centres.models import Service
from clinic.db import db
from clinic.families.models import Child
from clinic.outside import pick
from clinic.scheduling.models import ClinicSession, Hold, SlotService, Version
from clinic.scheduling.queries import SLOT_FACTS, SlotFacts, slots_from
from clinic.scheduling.request import HoldFacts, Request
from clinic.scheduling.search.catalogue import (
    EVERYWHERE,
    Catalogue,
    last_known,
    read,
)


@dataclass(frozen=True, slots=True)
class HeldChild:
    """The child for whom a place is held; its diary is read under the locks."""

    id: int
    birth_date: date


def _statement() -> Select[*tuple[Any, ...]]:
    lead, services, children, offered, sessions = (
        one.__table__ for one in (Hold, Service, Child, SlotService, ClinicSession)
    )
    one = lead.alias()
    shared = select(Version.__table__.c.number).where(Version.__table__.c.centre_id == EVERYWHERE)
    return (
        select(
            shared.scalar_subquery().label("shared"),
            one.c.id.label("hold_id"),
            one.c.child_id,
            one.c.service_id,
            one.c.slot_id,
            one.c.expires_at,
            one.c.purpose,
            one.c.moves_id,
            one.c.booking_id,
            children.c.birth_date,
            *SLOT_FACTS,
        )
        .select_from(lead)
        .join(services, services.c.id == lead.c.service_id)
        .join(one, or_(one.c.id == bindparam("hold_id"), one.c.lead_id == bindparam("hold_id")))
        .join(children, children.c.id == one.c.child_id)
        .outerjoin(
            offered,
            (offered.c.slot_id == one.c.slot_id) & (offered.c.service_id == one.c.service_id),
        )
        .outerjoin(sessions, sessions.c.id == offered.c.clinic_session_id)
        .where(MAY_CONFIRM)
        .order_by(one.c.id)
    )


STATEMENT = _statement()


def get_held(user: Person, kind: str, hold_id: int) -> list[Request]:
    """What `get_hold` finds and what belongs to it, the leading hold first. Raises NoResultFound or TooShort."""
    which = {"hold_id": hold_id, "user_id": user.id, "kind": kind}
    rows = db.session.execute(STATEMENT, which).all()
    if not rows or any(row.id is None for row in rows):  # or its slot is for something else now
        raise NoResultFound
    catalogue = last_known()
    if catalogue.version != rows[0].shared:
        catalogue = read()
    return [_wanted(row, catalogue) for row in rows]


def _wanted(row: Row[*tuple[Any, ...]], catalogue: Catalogue) -> Request:
    service = pick(catalogue.services, row.service_id)
    assert service, "a hold's service is in the catalogue"
    return Request(
        HeldChild(row.child_id, row.birth_date),
        service,
        slots_from(SlotFacts(*row[10:]), service),
        hold=HoldFacts(*row[1:9]),
        known=catalogue.policy_of(service.id, row.centre_id),
    )
