"""Rooms of a centre: added, changed, and removed while nothing has used them. Verbs flush."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Centre, Room
from clinic.db import db
from clinic.errors import DomainError
from clinic.sentences import mark


class NameTaken(DomainError):
    message = mark("Another room of this centre has this name.")


class RoomInUse(DomainError):
    message = mark("This room is in the rota or was used, so it stays on record.")


def get_room(centre: Centre, room_id: int) -> Room:
    """A room of that centre. Raises NoResultFound."""
    query = select(Room).where(Room.id == room_id, Room.centre_id == centre.id)
    return db.session.execute(query).scalar_one()


def add(centre: Centre, facts: Mapping[str, object], *, by: Person, now: datetime) -> Room:
    """A new room. Raises NameTaken."""
    _must_be_free(centre.id, facts, except_for=None)
    room = Room(centre_id=centre.id, **facts)
    db.session.add(room)
    db.session.flush()
    audit.record("add room", room, by=by.id, now=now, centre_id=centre.id)
    return room


def change(room: Room, facts: Mapping[str, object], *, by: Person, now: datetime) -> bool:
    """Give the room these facts; whether anything changed. Raises NameTaken."""
    new = {name: value for name, value in facts.items() if getattr(room, name) != value}
    if not new:
        return False
    _must_be_free(room.centre_id, facts, except_for=room.id)
    for name, value in new.items():
        setattr(room, name, value)
    db.session.flush()
    audit.record(
        "change room", room, by=by.id, now=now, centre_id=room.centre_id, fields=sorted(new)
    )
    return True


def remove(room: Room, *, by: Person, now: datetime) -> None:
    """Delete a room that nothing has used. Raises RoomInUse."""
    audit.record("remove room", room, by=by.id, now=now, centre_id=room.centre_id)
    db.session.delete(room)
    try:
        db.session.flush()
    except IntegrityError as error:  # the database knows every table that names it
        raise RoomInUse from error


def _must_be_free(centre_id: int, facts: Mapping[str, object], *, except_for: int | None) -> None:
    query = select(Room.id).where(
        Room.centre_id == centre_id,
        Room.name_zh == facts["name_zh"],
        Room.id != (except_for or 0),
    )
    if db.session.scalar(query) is not None:
        raise NameTaken
