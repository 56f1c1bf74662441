"""What is held, as confirming it needs it: one statement, however many appointments belong together."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.exc import NoResultFound

from clinic.accounts.models import Person
from clinic.booking.queries import MAY_CONFIRM
from clinic.centres.models import Service
from clinic.families.models import Child
from clinic.outside import pick
from clinic.prepared import Prepared
from clinic.scheduling.models import SHARED_NUMBER, ClinicSession, Hold, SlotService
from clinic.scheduling.search.catalogue import (
    Catalogue,
    last_known,
    read,
)
from clinic.scheduling.verdict.request import HoldValue, Request
from clinic.scheduling.verdict.slot_times import SLOT_FACTS, slot_facts, slots_from


@dataclass(frozen=True, slots=True)
class HeldChild:
    """The child for whom a place is held; its diary is read under the locks."""

    id: int
    birth_date: date


def _statement() -> Select[*tuple[Any, ...]]:
    lead, services, children, offered, sessions = (
        table.__table__ for table in (Hold, Service, Child, SlotService, ClinicSession)
    )
    hold = lead.alias()
    return (
        select(
            SHARED_NUMBER.scalar_subquery().label("shared"),
            hold.c.id.label("hold_id"),
            hold.c.child_id,
            hold.c.service_id,
            hold.c.slot_id,
            hold.c.expires_at,
            hold.c.purpose,
            hold.c.moves_id,
            hold.c.booking_id,
            children.c.birth_date,
            *SLOT_FACTS,
        )
        .select_from(lead)
        .join(services, services.c.id == lead.c.service_id)
        .join(hold, or_(hold.c.id == bindparam("hold_id"), hold.c.lead_id == bindparam("hold_id")))
        .join(children, children.c.id == hold.c.child_id)
        .outerjoin(
            offered,
            (offered.c.slot_id == hold.c.slot_id) & (offered.c.service_id == hold.c.service_id),
        )
        .outerjoin(sessions, sessions.c.id == offered.c.clinic_session_id)
        .where(MAY_CONFIRM)
        .order_by(hold.c.id)
    )


STATEMENT = Prepared(_statement())


def get_held(user: Person, kind: str, hold_id: int) -> list[Request]:
    """What `get_hold` finds and what belongs to it, the leading hold first. Raises NoResultFound or TooShort."""
    rows = STATEMENT.all(hold_id=hold_id, user_id=user.id, kind=kind)
    if not rows or any(row.id is None for row in rows):  # or its slot is for something else now
        raise NoResultFound
    catalogue = last_known()
    if catalogue.version != rows[0].shared:
        catalogue = read()
    return [_request(row, catalogue) for row in rows]


def _request(row: Any, catalogue: Catalogue) -> Request:
    service = pick(catalogue.services, row.service_id)
    if service is None:  # no centre offers it any more
        raise NoResultFound
    return Request(
        HeldChild(row.child_id, row.birth_date),
        service,
        slots_from(slot_facts(row), service),
        hold=HoldValue(
            id=row.hold_id,
            child_id=row.child_id,
            service_id=row.service_id,
            slot_id=row.slot_id,
            expires_at=row.expires_at,
            purpose=row.purpose,
            moves_id=row.moves_id,
            booking_id=row.booking_id,
        ),
        known=catalogue.policy_of(service.id, row.centre_id),
    )
