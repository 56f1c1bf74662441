"""Loads the fictitious city of `city.json`. The same `today` and `now` give the same city."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select

from clinic.accounts import joining
from clinic.accounts.demo_sign_ins import DEMO_PASSWORD
from clinic.accounts.models import Membership, Role, User
from clinic.accounts.passwords import hash_password
from clinic.centres.days import SUNDAY, Calendars, holiday_on
from clinic.centres.models import (
    AdjustedDay,
    Centre,
    OpeningHours,
    Practitioner,
    Room,
    Service,
    ServiceKind,
)
from clinic.centres.years import calendars_between
from clinic.clock import at, clinic_day
from clinic.db import db
from clinic.demo import booklets, checks, elder, growth, hall, leave, stock
from clinic.demo import rota as rota_in_the_making
from clinic.families import registering
from clinic.families.models import Child, ConsentKind, Guardianship, Relation, Sex
from clinic.scheduling import attendance, booking, rota
from clinic.scheduling.models import Appointment, Channel
from clinic.scheduling.policies import set_policy
from clinic.scheduling.queries import child_times, offers, slots_for
from clinic.scheduling.rules import overlap
from clinic.scheduling.wanted import Wanted, examine

DAYS_BEFORE, DAYS_AFTER = 14, 28
ARRIVALS_A_CENTRE = 9
TRIES = 12
BUSY = ((time(10), time(11, 30)), (time(15), time(16)))
HERE_FOR = timedelta(minutes=90)  # who was to come so long before is seen by then
FULLER = 0.4  # of the mornings, as against the afternoons


@dataclass
class City:
    """What has been made so far."""

    today: date
    now: datetime
    data: dict[str, Any]
    random: random.Random
    founder: User
    clinicians: dict[int, User]  # by practitioner's id
    receptions: dict[int, User]  # by centre's id
    guardians: list[tuple[User, str, list[Child]]]  # with the code of the centre near their home

    @property
    def founded(self) -> datetime:
        return at(self.today - timedelta(days=60), time(9))

    @property
    def busy(self) -> datetime:
        """Now, or else the next moment at which children are seen; in the evening the last one."""
        for opens, closes in BUSY:
            if self.now <= at(self.today, closes):
                return max(self.now, at(self.today, opens))
        return at(self.today, BUSY[-1][1])


def is_loaded() -> bool:
    """Whether there is any centre."""
    return db.session.scalar(select(Centre.id).limit(1)) is not None


def load(today: date, now: datetime | None = None) -> None:
    """Make the city and commit it, as it is at ten in the morning unless it is said to be `now`."""
    data = json.loads(Path(__file__).with_name("city.json").read_text("utf-8"))
    founded = at(today - timedelta(days=60), time(9))
    founder = User(name="演示", email="city@demo.example", created_at=founded)
    db.session.add(founder)
    db.session.flush()
    city = City(today, now or at(today, time(10)), data, random.Random(2026), founder, {}, {}, [])  # noqa: S311 - a plausible city, not a secret
    services = _add_services(city)
    for code, settings in data["policies"].items():
        set_policy(settings, service=services[code], centre=None, by=founder, now=founded)
    centres = [_add_centre(city, row, services) for row in data["centres"]]
    for number, row in enumerate(data["families"]):
        _add_family(city, row, number)
    db.session.commit()
    for centre in centres:
        _add_rota(city, centre)
    _open_days(city, centres)
    db.session.commit()
    _add_visits(city, centres)
    stock.fill(today, by=founder)
    stock.promise(at(today, time(0)), by=founder)
    checks.fill(city.guardians, today, staff=founder)
    growth.fill(today, city.guardians, staff=founder)
    elder.fill(city.guardians[0][0], today, staff=founder)
    hall.fill(city.receptions, today, city.now)
    rota_in_the_making.draft(today)
    leave.fill(today)
    db.session.commit()


def _add_services(city: City) -> dict[str, Service]:
    made = {}
    for row in city.data["services"]:
        ages = {key: row[key] for key in ("min_age_months", "max_age_months") if key in row}
        made[row["code"]] = Service(
            code=row["code"],
            kind=ServiceKind(row["kind"]),
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
    city.receptions[centre.id] = _staff(city, Role.RECEPTION, centre, "前台")
    if centre.code == city.data["centres"][0]["code"]:
        _staff(city, Role.MANAGER, centre, "中心主任")
    for one in row["practitioners"]:
        _add_practitioner(city, centre, one, services)
    return centre


def _hours(city: City) -> list[tuple[time, time]]:
    return [(time.fromisoformat(a), time.fromisoformat(b)) for a, b in city.data["hours"]]


def _staff(city: City, role: Role, centre: Centre, name: str, *, shown: bool = True) -> User:
    """A staff user; those of the first centre have the sign-ins that the demo shows."""
    first = shown and centre.code == city.data["centres"][0]["code"]
    user = User(
        name=name,
        email=f"{role.value}@demo.example" if first else None,
        password_hash=hash_password(DEMO_PASSWORD) if first else None,
        created_at=city.founded,
        claimed_at=city.founded,
    )
    if not first:
        user.email = f"{role.value}.{centre.code}.{len(city.clinicians)}@staff.demo.example"
    user.memberships.append(Membership(role=role, centre_id=centre.id))
    db.session.add(user)
    db.session.flush()
    return user


def _add_practitioner(
    city: City, centre: Centre, row: dict[str, Any], services: dict[str, Service]
) -> None:
    user = _staff(city, Role.CLINICIAN, centre, row["zh"], shown=row.get("sign_in", False))
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
        phone=f"+861380000{number:04}",
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
        booklets.fill(child, by=guardian, dice=dice, now=at(city.today, time(0)))
    city.guardians.append((guardian, row["home"], children))


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
            weekly = rota.Weekly(
                weekdays=tuple(range(SUNDAY)),
                opens=opens,
                closes=closes,
                slot_minutes=one["slot"],
                valid_from=first,
                capacity=one["capacity"],
                stations=tuple(rota.Station(*each) for each in one.get("stations", ())),
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


def _open_days(city: City, centres: Sequence[Centre]) -> None:
    """What the rota gives, which today is open in any case."""
    days = [city.today + timedelta(days=n) for n in range(-DAYS_BEFORE, DAYS_AFTER)]
    known = calendars_between(days[0], days[-1])
    for centre in centres:
        for day in days:
            if works := _works_as(day, known, is_today=day == city.today):
                db.session.add(AdjustedDay(centre_id=centre.id, day=day, works_as=works.weekday))
    db.session.flush()
    rota.extend(centres, days[0], days[-1], now=city.founded)


class _Works(NamedTuple):
    weekday: int | None


def _works_as(day: date, known: Calendars, *, is_today: bool) -> _Works | None:
    """What a centre decides about a day: to work today, and as usual in years nobody knows yet."""
    if is_today and (day.weekday() == SUNDAY or holiday_on(day, known)):
        return _Works(0)
    if day.year not in known:
        return _Works(None if day.weekday() == SUNDAY else day.weekday())
    return None


def _fill_diary(city: City, centre: Centre) -> None:
    """The therapist whose sign-in is shown has a full diary today and tomorrow."""
    row = next(one for one in city.data["centres"] if one["code"] == centre.code)
    pairs = zip(centre.practitioners, row["practitioners"], strict=True)
    shown = next(practitioner for practitioner, one in pairs if one.get("sign_in"))
    for days in (0, 1):
        day = city.today + timedelta(days=days)
        for guardian, home, children in city.guardians:
            if home == centre.code:
                _visit(city, guardian, children[-1], centre, day, with_=shown)


def _add_visits(city: City, centres: Sequence[Centre]) -> None:
    _fill_diary(city, centres[0])
    by_code = {one.code: one for one in centres}
    today_of = dict.fromkeys(by_code, 0)
    for guardian, home, children in city.guardians:
        centre = by_code[home]
        for child in children:
            for days in (-9, -5, -2):
                _visit(city, guardian, child, centre, city.today + timedelta(days=days))
            for days in (2, 6):
                if city.random.random() < 0.7:
                    _visit(city, guardian, child, centre, city.today + timedelta(days=days))
    for guardian, home, children in city.guardians * 3:
        for child in children:
            if today_of[home] < ARRIVALS_A_CENTRE and _visit(
                city, guardian, child, by_code[home], city.today
            ):
                today_of[home] += 1


def _visit(
    city: City,
    guardian: User,
    child: Child,
    centre: Centre,
    day: date,
    *,
    with_: Practitioner | None = None,
) -> bool:
    """Book a plausible visit near that day, and let happen what would have happened by now."""
    for _ in range(TRIES):
        service = city.random.choice(with_.services if with_ else centre.services)
        if service.kind is ServiceKind.CHECKUPS and child is city.guardians[0][2][0]:
            continue  # the check of the child one looks at first stays due
        wanted = _wanted(city, child, service, centre, day, with_)
        if wanted is None:
            continue
        made_at = wanted.starts_at - timedelta(days=3)
        if examine(wanted, online=True, now=made_at):
            continue
        number = len(city.data.setdefault("made", []))
        city.data["made"].append(number)
        booked = booking.book(
            [wanted], by=guardian, key=f"demo:{number}", channel=Channel.ONLINE, now=made_at
        )
        _happen(city, booked.appointments[0], guardian)
        return True
    return False


def _wanted(
    city: City,
    child: Child,
    service: Service,
    centre: Centre,
    day: date,
    with_: Practitioner | None,
) -> Wanted | None:
    """A free time of that day, fuller in the mornings, that the child has free too."""
    start, end = at(day, time(8)), at(day, time(17))
    whose = with_.id if with_ else None
    before = start - timedelta(days=3)
    found = offers(service, [centre.id], start, end, now=before, practitioner_id=whose)
    found = [one for one in found if one.is_free]
    city.random.shuffle(found)
    found.sort(key=lambda one: city.random.random() < FULLER and one.starts_at > at(day, time(12)))
    busy = child_times(child.id)
    for offer in found:
        if not any(overlap(offer.starts_at, offer.ends_at, a, b) for a, b in busy):
            reason = city.random.choice(city.data["reasons"])
            if service.kind not in (ServiceKind.PEDIATRICS, ServiceKind.REHAB):
                reason = ""
            slots = slots_for(service, offer.slot_id)
            return Wanted(child, service, slots, reason=reason)
    return None


def _happen(city: City, appointment: Appointment, guardian: User) -> None:
    """Done, missed or cancelled in the past; of today's children some were seen and some just came."""
    clinician = city.clinicians[appointment.practitioner_id]
    reception = city.receptions[appointment.centre_id]
    start, end = appointment.starts_at, appointment.ends_at
    day, luck = clinic_day(start), city.random.random()
    # The family one signs in as keeps its word: missed visits would pause its booking online.
    is_shown = appointment.child in city.guardians[0][2]
    if day < city.today and luck < 0.1 and not is_shown:
        attendance.mark_no_show(appointment, by=clinician, now=end, note="")
    elif day != city.today and luck < 0.2:
        before = start - timedelta(days=2)
        booking.cancel(appointment, by=guardian, online=True, now=before, reason="临时有事")
    elif day < city.today or (start < city.busy - HERE_FOR and end <= city.now):
        attendance.check_in(appointment, by=reception, now=start - timedelta(minutes=8))
        note = city.random.choice(city.data["notes"])
        attendance.finish(appointment, by=clinician, now=end, note=note)
    elif day == city.today and start < city.busy:
        came = max(start - timedelta(minutes=12), city.now - timedelta(minutes=25))
        came = max(min(came, city.now - timedelta(minutes=5)), at(day, time(0)))
        attendance.check_in(appointment, by=reception, now=came)
