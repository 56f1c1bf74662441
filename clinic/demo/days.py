"""The days of the city: hours open, families come and go; each new day adds to what is there."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select

from clinic.accounts.demo_sign_ins import SIGN_INS
from clinic.accounts.models import User
from clinic.centres.days import MONDAY, SUNDAY, Calendars, holiday_on
from clinic.centres.models import AdjustedDay, Centre, Practitioner
from clinic.centres.years import calendars_between
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.demo import hall, leave
from clinic.demo.city import FOUNDER, city_in_database
from clinic.demo.visits import happen, invent, open_visits
from clinic.scheduling.models import Booking
from clinic.scheduling.timetable import extending
from clinic.services.demo import INVENTED, City, Family
from clinic.services.room import rooms

MOST_DAYS = 10  # that are made up for after the site stood still
FOUNDED_BEFORE = timedelta(days=60)
ARRIVALS_A_CENTRE = 9
DIARY = 8  # visits of a day in the diary of a clinician whose sign-in is shown
BOOK_AHEAD = (1, 2, 4, 6)  # days


class Pace(NamedTuple):
    """How much goes on: visits a family made on each past day, and how likely it books ahead."""

    came: float
    books: float


FIRST, AGAIN = Pace(came=0.7, books=0.4), Pace(came=0.25, books=0.15)


def renew(now: datetime) -> bool:
    """Add the days since the city was last looked at; whether there were any, and there is a city.

    Several processes may try at once: the founder's row is locked, and who comes second finds
    the day there. What a person entered stays as it is; what was invented goes on.
    """
    today = clinic_day(now)

    def add_days() -> bool:
        query = select(User).where(User.email == FOUNDER).with_for_update()
        founder = db.session.scalar(query)
        if founder is None or (last := _last_day(founder)) >= today:
            return False
        first = max(last + timedelta(days=1), today - timedelta(days=MOST_DAYS))
        city = city_in_database(now, today)
        open_days(city, first)
        for room in rooms():
            room.demo.supply(city)
        past = [first + timedelta(days=n) for n in range((today - first).days)]
        live(city, past, AGAIN)
        return True

    return in_one_transaction(add_days)


def _last_day(founder: User) -> date:
    """The day on which the city was last looked at: the newest one that visits were invented on."""
    keys = Booking.idempotency_key
    newest = db.session.scalar(select(func.max(keys)).where(keys.startswith(INVENTED)))
    if newest is None:
        return clinic_day(founder.created_at) + FOUNDED_BEFORE
    return date.fromisoformat(newest.removeprefix(INVENTED)[:10])


def open_days(city: City, first: date) -> None:
    """What the rota gives from that day on, as far ahead as a site's worker opens it. Today is open
    in any case, and so are years that nobody knows yet, unless a person has decided about the day."""
    count = (city.today + extending.horizon() - first).days + 1
    days = [first + timedelta(days=n) for n in range(count)]
    known = calendars_between(days[0], days[-1])
    centres = city.centres()
    decided = extending.adjusted_days([centre.id for centre in centres], days)
    for centre in centres:
        for day in days:
            works = _works_as(day, known, is_today=day == city.today)
            if works and day not in decided.get(centre.id, {}):
                db.session.add(AdjustedDay(centre_id=centre.id, day=day, works_as=works.weekday))
    db.session.flush()
    extending.extend(centres, days[0], days[-1], now=city.founded)


class _Works(NamedTuple):
    weekday: int | None


def _works_as(day: date, known: Calendars, *, is_today: bool) -> _Works | None:
    """What a centre decides about a day: to work today, and as usual in years nobody knows yet."""
    if is_today and (day.weekday() == SUNDAY or holiday_on(day, known)):
        return _Works(MONDAY)
    if day.year not in known:
        return _Works(None if day.weekday() == SUNDAY else day.weekday())
    return None


def live(city: City, past: Sequence[date], pace: Pace) -> None:
    """What went on on the past days, what goes on now, and what is booked for the days to come."""
    centres = {centre.code: centre for centre in city.centres()}
    for day in past:
        for family in city.families:
            for child in family.children:
                if city.dice.random() < pace.came and _may_be_invented(family, pace):
                    invent(city, family, child, centres[family.home], day)
    for appointment in open_visits(city, city.today - timedelta(days=1)):
        happen(city, appointment)
    for room in rooms():
        room.demo.end_days(city)
        room.demo.add_visits(city, is_first=pace is FIRST)
    _fill_diaries(city, centres)
    _fill_today(city, centres)
    _book_ahead(city, centres, pace)
    for appointment in open_visits(city, city.today):
        if appointment.arrived_at is None:
            happen(city, appointment)
    hall.fill(city)
    leave.fill(city.today)


def _may_be_invented(family: Family, pace: Pace) -> bool:
    """After its first day the family one signs in as is left to who plays it."""
    return pace is FIRST or not family.is_shown


def _fill_diaries(city: City, centres: dict[str, Centre]) -> None:
    """The clinicians whose sign-ins are shown have full diaries today and tomorrow."""
    emails = [f"{name}@demo.example" for name in SIGN_INS]
    shown = select(Practitioner).join(Practitioner.user).where(User.email.in_(emails))
    for practitioner in db.session.scalars(shown.order_by(Practitioner.id)).all():
        centre = next(each for each in centres.values() if each.id == practitioner.centre_id)
        near = [family for family in city.families if family.home == centre.code]
        near = [family for family in near if not family.is_shown]
        for day in (city.today, city.today + timedelta(days=1)):
            for family in city.dice.sample(near, min(len(near), DIARY)):
                invent(city, family, family.children[-1], centre, day, by=practitioner)


def _fill_today(city: City, centres: dict[str, Centre]) -> None:
    """So many come to each centre today."""
    booked = dict.fromkeys(centres, 0)
    families = city.dice.sample(city.families, len(city.families))
    for family in families * 2:
        for child in family.children if not family.is_shown else ():
            home = family.home
            if booked[home] < ARRIVALS_A_CENTRE and invent(
                city, family, child, centres[home], city.today
            ):
                booked[home] += 1


def _book_ahead(city: City, centres: dict[str, Centre], pace: Pace) -> None:
    for family in city.families:
        for child in family.children if _may_be_invented(family, pace) else ():
            for days in BOOK_AHEAD:
                if city.dice.random() < pace.books:
                    day = city.today + timedelta(days=days)
                    invent(city, family, child, centres[family.home], day)
