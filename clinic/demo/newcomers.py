"""Families beside those of `city.json`: neighbours of all ages; rooms may add others."""

from datetime import date, datetime, time, timedelta
from random import Random

from clinic.accounts import joining
from clinic.accounts.models import User
from clinic.centres.models import Centre
from clinic.clock import at
from clinic.demo.city import NEWCOMERS_PHONE
from clinic.families import registering
from clinic.families.models import Child, ConsentKind, Relation, Sex
from clinic.services.demo import City, Family
from clinic.services.room import rooms

NEIGHBOURS, NEIGHBOURS_AGE = 8, (60, 2400)  # of each centre; days


def settle(city: City, centre: Centre) -> None:
    """The neighbours of a centre, with a child each."""
    homes = [row["code"] for row in city.data["centres"]]
    for number in range(NEIGHBOURS):
        phone = f"{NEWCOMERS_PHONE}{900_000 + number:06}{homes.index(centre.code)}"
        days = city.dice.randint(*NEIGHBOURS_AGE)
        born = city.today - timedelta(days=days)
        city.families.append(register(city, centre, phone, born, city.founded))


def register(city: City, centre: Centre, phone: str, born: date, then: datetime) -> Family:
    """A guardian who signed up `then`, and a child born on that day with what happened to it since."""
    data, dice = city.data["newcomers"], city.dice
    surname = dice.choice(data["surnames"])
    guardian = joining.register_guardian(
        name=surname + dice.choice(data["guardians"]), phone=phone, by=None, now=then
    )
    guardian.claimed_at = then
    registering.record_consents(guardian, list(ConsentKind), language="zh", by=guardian, now=then)
    sex = dice.choice([Sex.FEMALE, Sex.MALE])
    child = registering.register_child(
        guardian=guardian,
        relation=dice.choice([Relation.MOTHER, Relation.FATHER]),
        name=surname + dice.choice(data["girls" if sex is Sex.FEMALE else "boys"]),
        sex=sex,
        birth_date=born,
        birth_weight_g=2900 + 50 * dice.randrange(16),
        gestation_weeks=dice.choice([38, 39, 39, 40]),
        by=guardian,
        now=then,
    )
    add_past(child, by=guardian, dice=dice, now=at(city.today, time(0)))
    return Family(guardian, centre.code, [child])


def add_past(child: Child, *, by: User, dice: Random, now: datetime) -> None:
    """What happened to the child before `now`, by every room."""
    for room in rooms():
        room.demo.add_past(child, by=by, dice=dice, now=now)
