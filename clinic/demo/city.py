"""The fictitious city of `city.json`: its data, its people, its dice."""

import json
import random
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from clinic.accounts.models import Membership, Role, User
from clinic.centres.models import Practitioner
from clinic.db import db
from clinic.families.models import Child, Guardianship
from clinic.services.demo import City, Family

FOUNDER = "city@demo.example"
NEWCOMERS_PHONE = "+861370"


@cache
def city_data() -> dict[str, Any]:
    """The contents of `city.json`."""
    data: dict[str, Any] = json.loads(Path(__file__).with_name("city.json").read_text("utf-8"))
    return data


def dice_of(day: date) -> random.Random:
    """The dice of a day: the same day falls out the same."""
    return random.Random(day.toordinal())  # noqa: S311 - a plausible city, not a secret


def city_of(now: datetime, today: date, founder: User) -> City:
    """The city on that day, without its people."""
    return City(now, today, founder, dice_of(today), city_data())


def city_in_database(now: datetime, today: date) -> City:
    """The city that was loaded once, with the people who are still as it made them."""
    founder = db.session.scalars(select(User).where(User.email == FOUNDER)).one()
    city = city_of(now, today, founder)
    for practitioner in db.session.scalars(select(Practitioner).order_by(Practitioner.id)):
        if practitioner.user:
            city.clinicians[practitioner.id] = practitioner.user
    at_desks = select(Membership).where(Membership.role == Role.RECEPTION)
    for membership in db.session.scalars(at_desks.order_by(Membership.id.desc())):
        if membership.centre_id:
            city.receptions[membership.centre_id] = membership.user
    city.families = _families(city)
    return city


def _families(city: City) -> list[Family]:
    """The families of `city.json`, and those that moved here since, without added children."""
    found = [
        _family(phone_of(number), row["home"], is_shown=row.get("demo", False))
        for number, row in enumerate(city.data["families"])
    ]
    moved = select(User).where(User.phone.startswith(NEWCOMERS_PHONE)).order_by(User.id)
    homes = [row["code"] for row in city.data["centres"]]
    for user in db.session.scalars(moved):
        home = homes[int(str(user.phone)[-1]) % len(homes)]
        found.append(_family(str(user.phone), home, is_shown=False))
    return [family for family in found if family]


def phone_of(number: int) -> str:
    """The phone of that family of `city.json`."""
    return f"+861380000{number:04}"


def _family(phone: str, home: str, *, is_shown: bool) -> Family | None:
    guardian = db.session.scalar(select(User).where(User.phone == phone))
    if guardian is None:
        return None
    invented = (
        select(Child)
        .join(Guardianship)
        .where(
            Guardianship.user_id == guardian.id,
            Guardianship.is_first,
            Guardianship.revoked_at.is_(None),
            Child.created_at == guardian.created_at,
        )
    )
    children = list(db.session.scalars(invented.order_by(Child.id)))
    return Family(guardian, home, children, is_shown)
