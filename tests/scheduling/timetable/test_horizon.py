"""A centre's rota is opened once a day, and again when what it is made of changes."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select

from clinic.centres.models import AdjustedDay
from clinic.db import db, in_one_transaction
from clinic.scheduling.changes import kinds
from clinic.scheduling.models import ClinicSession, RotaRule
from clinic.scheduling.policies.stored import set_policy
from clinic.scheduling.timetable import horizon, opening
from clinic.scheduling.timetable.rota import Weekly
from clinic.scheduling.work import work
from tests.makes import NOON, TOMORROW, make_practitioner, make_room, make_service, save
from tests.queries import count_queries
from tests.world import World

pytestmark = pytest.mark.usefixtures("both")
ONE_DAY = timedelta(days=1)
HOURS = (time(9), time(10))


class Clinic(World):
    """A centre that works on every weekday from nine to ten."""

    def __init__(self):
        super().__init__()
        self.rule = self.add()

    def add(self, practitioner=None, room=None):
        weekly = Weekly((0, 1, 2, 3, 4), *HOURS, 15, TOMORROW)
        return self.add_rule(weekly, practitioner, room)


def sessions():
    return db.session.scalar(select(func.count(ClinicSession.id)))


def opened(now=NOON):
    """How many sessions a round opens, and how many centres it found to open further."""
    centres = len(horizon.not_open_yet(now=now))
    return work(now=now).sessions, centres


def test_a_centre_is_opened_once_a_day():
    Clinic()
    assert opened() == (20, 1)  # four weeks
    assert opened(NOON + timedelta(hours=3)) == (0, 0)
    assert opened(NOON + ONE_DAY) == (1, 1)
    assert opened(NOON + ONE_DAY) == (0, 0)


def test_a_centre_without_rules_is_never_opened():
    make_practitioner([make_service()])
    assert opened() == (0, 0)


def a_new_rule(clinic):
    clinic.add(clinic.colleague(), make_room(clinic.centre))


def a_longer_release(clinic):
    set_policy({"release_days": 42}, service=clinic.service, centre=None, by=None, now=NOON)
    db.session.commit()


def a_worked_saturday(clinic):
    save(AdjustedDay(centre_id=clinic.centre.id, day=date(2026, 3, 7), works_as=0))


def a_rule_that_goes_on(clinic):
    db.session.get_one(RotaRule, clinic.rule.id).weekdays = [0, 1, 2, 3, 4, 5]
    db.session.commit()


@pytest.mark.parametrize(
    ("change", "more"),
    [
        (a_new_rule, 20),
        (a_longer_release, 9),
        (a_worked_saturday, 1),
        (a_rule_that_goes_on, 4),
    ],
)
def test_what_changes_the_rota_opens_it_at_the_next_round(change, more):
    clinic = Clinic()
    work(now=NOON)
    change(clinic)
    assert opened() == (more, 1)
    assert opened() == (0, 0)


@pytest.mark.parametrize("by", ["withdraw", "hours"])
def test_a_session_that_stood_in_the_way_and_is_taken_out_makes_room_for_the_rota(by):
    clinic = Clinic()
    by_hand = clinic.open()
    assert opened() == (19, 1)
    if by == "withdraw":
        opening.withdraw_if_empty(by_hand, by=clinic.manager, now=NOON)
        db.session.commit()
    else:
        clinic.do(kinds.withdrawal(by_hand))
    assert opened() == (1, 1)


def test_a_centre_is_opened_in_short_pieces():
    clinic = Clinic()
    [wanted] = horizon.not_open_yet(now=NOON)

    def piece():
        return in_one_transaction(
            lambda: horizon.open_piece(clinic.centre.id, wanted=wanted, now=NOON)
        )

    assert piece().sessions <= horizon.PIECE.days
    # What a worker that was killed left undone, the next one does.
    assert opened() == (20 - sessions_in_the_first_piece(), 1)
    assert piece() is None


def sessions_in_the_first_piece():
    last = NOON.date() + horizon.PIECE - ONE_DAY
    of_it = select(func.count(ClinicSession.id)).where(ClinicSession.rota_day <= last)
    return db.session.scalar(of_it)


def test_asking_what_is_to_be_opened_asks_as_much_for_many_centres_as_for_one():
    Clinic()
    one = count_queries(lambda: horizon.not_open_yet(now=NOON))
    for _ in range(3):
        Clinic()
    db.session.expire_all()
    assert count_queries(lambda: horizon.not_open_yet(now=NOON)) == one
