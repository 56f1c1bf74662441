"""Whose calendar is shown: a clinician's own, or a whole centre for its manager; and what of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false, select
from sqlalchemy.orm import selectinload

from clinic.accounts.models import Person, Role
from clinic.centres.models import Centre, Practitioner, Room, Service
from clinic.centres.queries import is_self
from clinic.db import db
from clinic.outside import a_word
from clinic.scheduling.models import Appointment, ClinicSession, Slot, SlotService

BY = ("who", "room", "service")


@dataclass(frozen=True)
class Scope:
    """`centre` is set for its manager; `who`, `room`, `service` narrow it down; `by` groups a day."""

    practitioners: tuple[Practitioner, ...]
    rooms: tuple[Room, ...]
    services: tuple[Service, ...]
    centre: Centre | None = None
    who: int | None = None
    room: int | None = None
    service: int | None = None
    by: str = "who"

    @property
    def centre_ids(self) -> list[int]:
        """Where its practitioners are."""
        return sorted({practitioner.centre_id for practitioner in self.practitioners})

    @property
    def asked(self) -> dict[str, str]:
        """What the address says of it."""
        said = {"centre": self.centre.code} if self.centre else {}
        narrowed = {"who": self.who, "room": self.room, "service": self.service}
        said |= {key: str(value) for key, value in narrowed.items() if value is not None}
        return said | ({"by": self.by} if self.by != "who" else {})

    def sessions(self, start: datetime, end: datetime) -> list[ColumnElement[bool]]:
        """Its sessions that begin in [start, end) and are not withdrawn."""
        found = [*self._in(ClinicSession, start, end), ClinicSession.withdrawn_at.is_(None)]
        if self.service is not None:
            given = (
                select(Slot.id)
                .join(SlotService, SlotService.slot_id == Slot.id)
                .where(
                    Slot.clinic_session_id == ClinicSession.id,
                    SlotService.service_id == self.service,
                )
            )
            found.append(given.exists())
        return found

    def appointments(self, start: datetime, end: datetime) -> list[ColumnElement[bool]]:
        """Its appointments that begin in [start, end), cancelled ones left out."""
        found = [*self._in(Appointment, start, end), Appointment.cancelled_at.is_(None)]
        if self.service is not None:
            found.append(Appointment.service_id == self.service)
        return found

    def _in(self, table: Any, start: datetime, end: datetime) -> list[ColumnElement[bool]]:
        ids = [
            practitioner.id
            for practitioner in self.practitioners
            if self.who in (None, practitioner.id)
        ]
        found = [
            table.practitioner_id.in_(ids) if ids else false(),
            table.starts_at >= start,
            table.starts_at < end,
        ]
        return [*found, table.room_id == self.room] if self.room is not None else found


def scope_of(user: Person, asked: Mapping[str, str]) -> Scope | None:
    """What this user may see of what was asked for; None where there is nothing of theirs.

    A manager sees the centre asked for; a clinician who asks for none, their own calendar. A
    clinician, room or service that is not in it is not asked for.
    """
    if "centre" in asked or Role.CLINICIAN not in user.roles:
        return _of_a_centre(user, asked)
    practitioners = _practitioners(is_self(user))
    return _narrowed(asked, practitioners, None)


def _of_a_centre(user: Person, asked: Mapping[str, str]) -> Scope | None:
    query = select(Centre).where(Centre.id.in_(user.centre_ids(Role.MANAGER))).order_by(Centre.id)
    if code := asked.get("centre"):
        query = query.where(Centre.code == a_word(code))
    centre = db.session.scalars(query.limit(1)).first()
    if centre is None:
        return None
    return _narrowed(asked, _practitioners(Practitioner.centre_id == centre.id), centre)


def _practitioners(whose: ColumnElement[bool]) -> list[Practitioner]:
    query = select(Practitioner).where(whose).order_by(Practitioner.id)
    given = selectinload(Practitioner.services)
    rooms = selectinload(Practitioner.centre).selectinload(Centre.rooms)
    return list(db.session.scalars(query.options(given, rooms)))


def _narrowed(
    asked: Mapping[str, str], practitioners: list[Practitioner], centre: Centre | None
) -> Scope:
    centres = {practitioner.centre_id: practitioner.centre for practitioner in practitioners}
    rooms = tuple(room for centre in centres.values() for room in centre.rooms)
    services = {
        service.id: service for practitioner in practitioners for service in practitioner.services
    }
    return Scope(
        tuple(practitioners),
        rooms,
        tuple(services[number] for number in sorted(services)),
        centre,
        _among(asked.get("who"), [practitioner.id for practitioner in practitioners]),
        _among(asked.get("room"), [room.id for room in rooms]),
        _among(asked.get("service"), list(services)),
        asked["by"] if asked.get("by") in BY else "who",
    )


def _among(text: str | None, ids: list[int]) -> int | None:
    return next((one for one in ids if str(one) == text), None)
