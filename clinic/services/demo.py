"""The demo's fictitious city as every room sees it, and what a room may add to it."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from clinic.accounts.models import User
from clinic.ages import age_months
from clinic.centres.models import Centre, Service
from clinic.clock import at
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling.models import Appointment

BUSY = ((time(10), time(11, 30)), (time(15), time(16)))
INVENTED = "demo-day:"  # how the key of an invented booking begins
BOOKED_BEFORE = timedelta(days=3)  # the visit


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
    data: Mapping[str, Any]  # the contents of `city.json`
    clinicians: dict[int, User] = field(default_factory=dict)  # by practitioner's id
    receptions: dict[int, User] = field(default_factory=dict)  # by centre's id
    families: list[Family] = field(default_factory=list)
    invented: int = 0  # visits, so far

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

    @property
    def shown(self) -> Family:
        """The family whose sign-in is printed."""
        return next(family for family in self.families if family.is_shown)

    def next_key(self) -> str:
        """The idempotency key of the next invented booking; it names the day it was invented on."""
        self.invented += 1
        return f"{INVENTED}{self.today}:{self.invented}"

    def centres(self) -> list[Centre]:
        """The centres, in the order of `city.json`."""
        return list(db.session.scalars(select(Centre).order_by(Centre.id)))


class RoomDemo:
    """What a kind of service adds to the city. A room says what differs from this: nothing is added."""

    def add_past(self, child: Child, *, by: User, dice: random.Random, now: datetime) -> None:
        """What happened to a new child before `now`, told by its guardian."""

    def supply(self, city: City) -> None:
        """What the centres need before families come, and have not enough of."""

    def add_history(self, city: City) -> None:
        """What was recorded of all children before the city's first day, once."""

    def is_plausible(self, family: Family, child: Child, service: Service, day: date) -> bool:
        """Whether the family would come for this service on that day."""
        return age_months(child.birth_date, day) >= (service.min_age_months or 0)

    def was_booked(self, appointment: Appointment, *, by: User, now: datetime) -> None:
        """What is done with an invented appointment besides."""

    def is_in_vain(self, appointment: Appointment, day: date) -> str:
        """Why nothing could be done for the child on that day, as a note; empty: something can."""
        return ""

    def be_seen(
        self, city: City, appointment: Appointment, *, came: datetime, seen: datetime
    ) -> bool:
        """What is done with a child who came; whether the visit is finished by it."""
        return False

    def was_seen(self, city: City, appointment: Appointment) -> None:
        """What is recorded after a visit that finished as any other does."""

    def end_days(self, city: City) -> None:
        """What ended by itself since the city was last looked at."""

    def add_visits(self, city: City, *, is_first: bool) -> None:
        """Visits of today and soon that one looks at first; `is_first`: on the city's first day."""
