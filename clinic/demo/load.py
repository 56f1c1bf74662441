"""Loads the fictitious city of `city.json`. The same `today` and `now` give the same city."""

import random
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from clinic.accounts import joining
from clinic.accounts.demo_sign_ins import DEMO_PASSWORD
from clinic.accounts.models import Membership, Profession, Role, User
from clinic.accounts.passwords import hash_password
from clinic.centres.days import SUNDAY
from clinic.centres.models import Centre, OpeningHours, Practitioner, Room, Service
from clinic.clock import at
from clinic.db import db
from clinic.demo import days, newcomers
from clinic.demo import rota as rota_in_the_making
from clinic.demo.city import FOUNDER, city_of, phone_of
from clinic.demo_mark import mark_as_demo
from clinic.families import registering
from clinic.families.models import Child, ConsentKind, Guardianship, Relation, Sex
from clinic.scheduling.policies.stored import set_policy
from clinic.scheduling.timetable import rota
from clinic.scheduling.timetable.weekly import TeamStation, Weekly
from clinic.services.demo import City, Family
from clinic.services.room import rooms

DAYS_BEFORE = 14
VISITED_BEFORE = (9, 6, 4, 2, 1)  # days ago


def is_loaded() -> bool:
    """Whether there is any centre."""
    return db.session.scalar(select(Centre.id).limit(1)) is not None


def load(today: date, now: datetime | None = None) -> None:
    """Make the city and commit it, as it is at ten in the morning unless it is said to be `now`."""
    founded = at(today - timedelta(days=60), time(9))
    founder = User(name="演示", email=FOUNDER, created_at=founded)
    db.session.add(founder)
    mark_as_demo(founded)
    city = city_of(now or at(today, time(10)), today, founder)
    services = _add_services(city)
    for code, settings in city.data["policies"].items():
        set_policy(settings, service=services[code], centre=None, by=founder, now=founded)
    centres = [_add_centre(city, row, services) for row in city.data["centres"]]
    for number, row in enumerate(city.data["families"]):
        _add_family(city, row, number)
    for centre in centres:
        newcomers.settle(city, centre)
    db.session.commit()
    for centre in centres:
        _add_rota(city, centre)
    days.open_days(city, today - timedelta(days=DAYS_BEFORE))
    for room in rooms():
        room.demo.supply(city)
    db.session.commit()
    for room in rooms():
        room.demo.add_history(city)
    days.live(city, [today - timedelta(days=n) for n in VISITED_BEFORE], days.FIRST)
    rota_in_the_making.draft(today)
    db.session.commit()


def _add_services(city: City) -> dict[str, Service]:
    made = {}
    for row in city.data["services"]:
        ages = {key: row[key] for key in ("min_age_months", "max_age_months") if key in row}
        made[row["code"]] = Service(
            code=row["code"],
            kind=row["kind"],
            name_zh=row["zh"],
            name_en=row["en"],
            about_zh=row["about_zh"],
            about_en=row["about_en"],
            bring_zh=row["bring_zh"],
            bring_en=row["bring_en"],
            minutes=row["minutes"],
            **ages,
        )
    db.session.add_all(made.values())
    db.session.flush()
    return made


def _add_centre(city: City, row: dict[str, Any], services: dict[str, Service]) -> Centre:
    texts = ("code", "district", "address_zh", "address_en", "about_zh", "about_en", "phone")
    centre = Centre(
        name_zh=row["zh"],
        name_en=row["en"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        opened_at=city.founded,
        **{key: row[key] for key in texts},
    )
    centre.opening_hours = [
        OpeningHours(weekday=weekday, opens=opens, closes=closes)
        for weekday in range(SUNDAY)
        for opens, closes in _hours(city)
    ]
    given = {code for one in row["practitioners"] for code in one["services"]}
    centre.services = [service for code, service in services.items() if code in given]
    db.session.add(centre)
    db.session.flush()
    is_first = centre.code == city.data["centres"][0]["code"]
    at_desk = "reception" if is_first else None
    city.receptions[centre.id] = _staff(city, Role.RECEPTION, centre, "前台", sign_in=at_desk)
    if is_first:
        _staff(city, Role.MANAGER, centre, "中心主任", sign_in="manager")
    for one in row["practitioners"]:
        _add_practitioner(city, centre, one, services)
    return centre


def _hours(city: City) -> list[tuple[time, time]]:
    return [(time.fromisoformat(a), time.fromisoformat(b)) for a, b in city.data["hours"]]


def _staff(
    city: City,
    role: Role,
    centre: Centre,
    name: str,
    *,
    profession: Profession | None = None,
    sign_in: str | None = None,
) -> User:
    """A staff user; those with a name to sign in by are shown by the demo."""
    number = len(city.clinicians) + len(city.receptions)
    user = User(
        name=name,
        email=f"{sign_in}@demo.example"
        if sign_in
        else f"{role.value}.{centre.code}.{number}@staff.demo.example",
        password_hash=hash_password(DEMO_PASSWORD) if sign_in else None,
        created_at=city.founded,
        claimed_at=city.founded,
    )
    user.memberships.append(Membership(role=role, centre_id=centre.id, profession=profession))
    db.session.add(user)
    db.session.flush()
    return user


def _add_practitioner(
    city: City, centre: Centre, row: dict[str, Any], services: dict[str, Service]
) -> None:
    profession = Profession(row["profession"])
    facts = {"profession": profession, "sign_in": row.get("sign_in")}
    user = _staff(city, Role.CLINICIAN, centre, row["zh"], **facts)
    practitioner = Practitioner(
        centre=centre,
        user=user,
        name_zh=row["zh"],
        name_en=row["en"],
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        services=[services[code] for code in row["services"]],
    )
    room_zh, room_en = row["room"]
    db.session.add_all([practitioner, Room(centre=centre, name_zh=room_zh, name_en=room_en)])
    db.session.flush()
    city.clinicians[practitioner.id] = user


def _add_family(city: City, row: dict[str, Any], number: int) -> None:
    demo = row.get("demo", False)
    guardian = joining.register_guardian(
        name=row["guardian"],
        phone=phone_of(number),
        email="parent@demo.example" if demo else None,
        by=None,
        now=city.founded,
    )
    guardian.claimed_at = city.founded
    if demo:
        guardian.password_hash = hash_password(DEMO_PASSWORD)
    _consent(city, guardian)
    children = [_add_child(city, guardian, row, one) for one in row["children"]]
    if second := row.get("second"):
        name, relation = second
        other = joining.register_guardian(
            name=name, phone=f"+861390000{number + 500:04}", by=None, now=city.founded
        )
        other.claimed_at = city.founded
        _consent(city, other)
        for child in children:
            child.guardianships.append(
                Guardianship(
                    user=other,
                    relation=Relation(relation),
                    granted_at=city.founded,
                    granted_by_id=guardian.id,
                )
            )
    for child, one in zip(children, row["children"], strict=True):
        dice = random.Random(one["days"])  # noqa: S311 - of its own, so that the city stays as it was
        newcomers.add_past(child, by=guardian, dice=dice, now=at(city.today, time(0)))
    city.families.append(Family(guardian, row["home"], children, demo))


def _consent(city: City, user: User) -> None:
    registering.record_consents(user, list(ConsentKind), language="zh", by=user, now=city.founded)


def _add_child(city: City, guardian: User, family: dict[str, Any], row: dict[str, Any]) -> Child:
    return registering.register_child(
        guardian=guardian,
        relation=Relation(family["relation"]),
        name=row["name"],
        sex=Sex(row["sex"]),
        birth_date=city.today - timedelta(days=row["days"]),
        birth_weight_g=row.get("g"),
        gestation_weeks=row.get("weeks"),
        allergies=row.get("allergies", ""),
        by=guardian,
        now=city.founded,
    )


def _add_rota(city: City, centre: Centre) -> None:
    """Every practitioner works mornings and afternoons, Monday to Saturday, in a room of their own."""
    row = next(one for one in city.data["centres"] if one["code"] == centre.code)
    first = city.today - timedelta(days=DAYS_BEFORE)
    for practitioner, room, one in zip(
        centre.practitioners, centre.rooms, row["practitioners"], strict=True
    ):
        for opens, closes in _hours(city):
            weekly = Weekly(
                weekdays=tuple(range(SUNDAY)),
                opens=opens,
                closes=closes,
                slot_minutes=one["slot"],
                valid_from=first,
                capacity=one["capacity"],
                stations=tuple(TeamStation(*each) for each in one.get("stations", ())),
                online_percent=100 * one["online"] // one["capacity"],
            )
            rota.add_rule(
                practitioner,
                room,
                practitioner.services,
                weekly,
                by=city.founder,
                now=city.founded,
            )
