"""The fictitious city as the other files of this room see it: its data, its people, its dice."""

import json
import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import select

from clinic.accounts.models import Membership, Role, User
from clinic.centres.models import Centre, Practitioner
from clinic.clock import at
from clinic.db import db
from clinic.families.models import Child, Guardianship

FOUNDER = "city@demo.example"
BUSY = ((time(10), time(11, 30)), (time(15), time(16)))


@dataclass(frozen=True)
class Family:
    """A guardian with the children that the city invented, and the code of the centre near them."""

    guardian: User
    home: str
    children: list[Child]
    is_shown: bool = False  # its sign-in is printed


@dataclass
class City:
    """What has been made so far. `now` is the moment that its pages should look right at."""

    now: datetime
    today: date
    founder: User
    dice: random.Random
    clinicians: dict[int, User] = field(default_factory=dict)  # by practitioner's id
    receptions: dict[int, User] = field(default_factory=dict)  # by centre's id
    families: list[Family] = field(default_factory=list)
    invented: int = 0  # visits, so far

    @cached_property
    def data(self) -> dict[str, Any]:
        """The contents of `city.json`."""
        data: dict[str, Any] = json.loads(Path(__file__).with_name("city.json").read_text("utf-8"))
        return data

    @property
    def founded(self) -> datetime:
        """When its people signed up."""
        return at(self.today - timedelta(days=60), time(9))

    @property
    def busy(self) -> datetime:
        """Now, or else the next moment at which children are seen; in the evening the last one."""
        for opens, closes in BUSY:
            if self.now <= at(self.today, closes):
                return max(self.now, at(self.today, opens))
        return at(self.today, BUSY[-1][1])

    def next_key(self) -> str:
        """The idempotency key of the next invented booking; it names the day it was invented on."""
        self.invented += 1
        return f"{INVENTED}{self.today}:{self.invented}"

    def centres(self) -> list[Centre]:
        """The centres, in the order of `city.json`."""
        return list(db.session.scalars(select(Centre).order_by(Centre.id)))


BOOKED_BEFORE = timedelta(days=3)  # the visit
INVENTED = "demo-day:"  # how the key of an invented booking begins


def dice_of(day: date) -> random.Random:
    """The dice of a day: the same day falls out the same."""
    return random.Random(day.toordinal())  # noqa: S311 - a plausible city, not a secret


def city_in_database(now: datetime, today: date) -> City:
    """The city that was loaded once, with the people who are still as it made them."""
    founder = db.session.scalars(select(User).where(User.email == FOUNDER)).one()
    city = City(now, today, founder, dice_of(today))
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


NEWCOMERS_PHONE = "+861370"


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
