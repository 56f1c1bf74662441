"""What the commands are told: moments, rows, who says so; and how they refuse."""

from datetime import datetime
from typing import TypeVar

import click
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from clinic import clock
from clinic.accounts.models import Role, User
from clinic.accounts.queries import find_user
from clinic.centres.models import Centre, Service
from clinic.centres.queries import get_centre
from clinic.db import Base, db
from clinic.errors import DomainError
from clinic.scheduling.models import Appointment
from clinic.scheduling.references import spoken

Row = TypeVar("Row", bound=Base)
MOMENT = click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])
DAY = click.DateTime(["%Y-%m-%d"])
WALL = click.DateTime(["%H:%M"])


class CommandRefused(click.ClickException):
    """A refusal of the house, as one line on standard error; exit 1."""

    def __init__(self, error: DomainError) -> None:
        super().__init__(error.message % error.params)


def staff_of(who: str) -> User:
    """The member of staff who signs in with that."""
    user = find_user(who)
    if user is None or not set(user.roles) - {Role.PARENT}:
        raise click.ClickException(f"{who} is not a sign-in of staff.")
    return user


def on_the_wall(value: datetime) -> datetime:
    """What was typed, on the clinic's wall."""
    return clock.at(value.date(), value.time())


def row_of(model: type[Row], row_id: int) -> Row:
    """The row of that id."""
    row = db.session.get(model, row_id)
    if row is None:
        raise click.ClickException(f"There is no {model.__tablename__} {row_id}.")
    return row


def centre_of(code: str) -> Centre:
    """The centre of that code."""
    try:
        return get_centre(code)
    except NoResultFound as error:
        raise click.ClickException(f"There is no centre {code}.") from error


def service_of(code: str) -> Service:
    """The service of that code."""
    service = db.session.scalar(select(Service).where(Service.code == code))
    if service is None:
        raise click.ClickException(f"There is no service {code}.")
    return service


def line_of(one: Appointment) -> str:
    """An appointment in one line."""
    when = clock.local(one.starts_at)
    reference = spoken(one.booking.reference)
    return f"{when:%Y-%m-%d %H:%M}  {reference}  {one.child.name}  {one.service.name_zh}"
