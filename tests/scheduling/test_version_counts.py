"""The versions that tell pages what has changed are the database's, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from clinic import promises
from clinic.centres.models import (
    CentreService,
    Closure,
    PractitionerService,
)
from clinic.db import db
from clinic.scheduling.appointments import booking, moving
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.models import NUMBER, PolicyRow, Topic, Version
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.visits.models import Encounter, Ticket
from clinic.visits.rules import State
from tests.makes import (
    NOON,
    TOMORROW,
    make_centre,
    make_child,
    make_practitioner,
    make_service,
    save,
)
from tests.world import World

LATER = TOMORROW + timedelta(days=1)


BUMP = "SELECT bump_version('times', 1, '2026-03-03')"
PARTS = text(
    "SELECT part, number FROM versions"
    " WHERE topic = 'times' AND centre_id = 1 AND day = '2026-03-03' ORDER BY part"
)


@pytest.fixture
def every_engine(both):
    return both


@pytest.fixture
def postgresql(sites):
    yield from sites.fresh("postgresql")


class TwoDays(World):
    """A visit tomorrow, and a free time on the day after."""

    def __init__(self):
        super().__init__(hours={})
        self.later = self.slot(session=self.open(LATER))
        self.visit = self.book()

    def move(self):
        wanted = Request(self.visit.child, self.service, slots_for(self.service, self.later.id))
        moving.move([Move(self.visit, wanted)], by=self._by(), online=False, now=NOON)

    def cancel_it(self):
        booking.cancel(self.visit, by=self._by(), online=False, now=NOON)

    def _by(self):
        return self.visit.booking.made_by

    def changed(self, deed):
        """On which days the times, and the desk, have another version afterwards."""
        before = [self._numbers(topic) for topic in (Topic.TIMES, Topic.DESK)]
        deed()
        db.session.commit()
        after = [self._numbers(topic) for topic in (Topic.TIMES, Topic.DESK)]
        return [
            {day for day, number in now.items() if number != was.get(day)}
            for was, now in zip(before, after, strict=True)
        ]

    def _numbers(self, topic):
        mine = (
            db.select(Version.day, NUMBER)
            .where(Version.topic == topic, Version.centre_id == self.visit.centre_id)
            .group_by(Version.day)
        )
        return dict(tuple(row) for row in db.session.execute(mine))


def test_a_move_changes_the_day_it_leaves_and_the_day_it_comes_to(every_engine):
    two = TwoDays()
    assert two.changed(two.move) == [{TOMORROW, LATER}] * 2


def test_what_is_undone_within_a_transaction_is_not_counted(every_engine):
    two = TwoDays()

    def think_again():
        step = db.session.begin_nested()
        two.move()
        step.rollback()
        two.cancel_it()

    assert two.changed(think_again) == [{TOMORROW}] * 2


def test_nothing_done_counts_nothing(every_engine):
    two = TwoDays()
    assert two.changed(lambda: None) == [set(), set()]


class Clinic(World):
    """Something of each kind that has a version: of what all pages share, of times, of the desk."""

    def __init__(self):
        super().__init__(hours={})
        self.other = make_service()
        self.elsewhere = make_practitioner([], centre=make_centre())
        self.visit = self.book()
        self.by = self.visit.booking.made_by
        self.closure, self.policy = self.close_it(), self.set_it("*")
        self.ticket = self.give_ticket(1)
        db.session.commit()

    def close_it(self):
        return save(
            Closure(
                centre_id=self.centre.id,
                starts_at=NOON,
                ends_at=NOON + timedelta(hours=1),
                reason_zh="检修",
                reason_en="Repairs",
                made_at=NOON,
                made_by_id=self.by.id,
            )
        )

    def set_it(self, scope):
        return save(PolicyRow(scope=scope, settings={}))

    def give_ticket(self, number):
        visit = save(
            Encounter(
                child_id=(make_child() if number > 1 else self.visit.child).id,
                centre_id=self.centre.id,
                day=TOMORROW,
                opened_at=NOON,
                opened_by_id=self.by.id,
            )
        )
        return save(
            Ticket(
                visit_id=visit.id,
                centre_id=self.centre.id,
                day=TOMORROW,
                kind="pediatrics",
                number=number,
                state=State.WAITING,
                own_room_id=self.room.id,
                slot_minutes=10,
                station="doctor",
                place=number,
                since=NOON,
                steps=0,
            )
        )

    def offer_it(self):
        save(CentreService(centre_id=self.elsewhere.centre_id, service_id=self.service.id))

    def give_it(self):
        save(PractitionerService(practitioner_id=self.elsewhere.id, service_id=self.service.id))

    def lift_it(self):
        self.closure.lifted_at, self.closure.lifted_by_id = NOON, self.by.id


def rename(row, **names):
    for name, value in names.items():
        setattr(row, name, value)


def run(statement):
    db.session.execute(text(statement))


SHARED, TIMES, DESK = Topic.SHARED, Topic.TIMES, Topic.DESK
DEEDS = [
    (DESK, "appointments", "comes", lambda it: it.book(number=1)),
    (DESK, "appointments", "changes", lambda it: rename(it.visit, reason="咳嗽")),
    (DESK, "tickets", "comes", lambda it: it.give_ticket(2)),
    (DESK, "tickets", "changes", lambda it: rename(it.ticket, place=7)),
    (TIMES, "slot_services", "comes", lambda it: it.open(LATER)),
    (TIMES, "slot_services", "closes", lambda it: run("UPDATE slot_services SET closed = true")),
    (TIMES, "slot_services", "goes", lambda it: run("DELETE FROM slot_services")),
    (SHARED, "services", "is renamed", lambda it: rename(it.service, name_zh="复诊")),
    (SHARED, "centres", "is renamed", lambda it: rename(it.centre, name_zh="城东")),
    (SHARED, "practitioners", "is renamed", lambda it: rename(it.practitioner, name_zh="陈主任")),
    (SHARED, "centre_services", "comes", lambda it: it.offer_it()),
    (SHARED, "centre_services", "goes", lambda it: run("DELETE FROM centre_services")),
    (SHARED, "practitioner_services", "comes", lambda it: it.give_it()),
    (SHARED, "practitioner_services", "goes", lambda it: run("DELETE FROM practitioner_services")),
    (SHARED, "closures", "comes", lambda it: it.close_it()),
    (SHARED, "closures", "is lifted", lambda it: it.lift_it()),
    (SHARED, "closures", "goes", lambda it: db.session.delete(it.closure)),
    (SHARED, "policies", "comes", lambda it: it.set_it("more")),
    (SHARED, "policies", "changes", lambda it: rename(it.policy, settings={"notice_to_book": 60})),
    (SHARED, "policies", "goes", lambda it: db.session.delete(it.policy)),
]
ALL = [f"{table} {what}" for _, table, what, _ in DEEDS]


def counted_of(clinic):
    """The deeds that gave their topic another version."""
    found = []
    for topic, table, what, deed in DEEDS:
        number = db.select(NUMBER).where(Version.topic == topic)
        before = db.session.scalar(number)
        deed(clinic)
        db.session.commit()
        if db.session.scalar(number) > before:
            found.append(f"{table} {what}")
    return found


def test_each_change_is_counted(every_engine):
    assert counted_of(Clinic()) == ALL


def test_its_twin_without_the_triggers_counts_nothing(every_engine):
    clinic = Clinic()
    with db.engine.connect().execution_options(writes=True) as connection:
        for table in {table for _, table, _, _ in DEEDS}:
            promises.drop(connection, table)
        connection.commit()
    assert counted_of(clinic) == []


def writing():
    return db.engine.connect().execution_options(writes=True)


def test_a_part_of_before_a_restore_is_neither_waited_for_nor_refused(postgresql):
    """Its transaction's id comes again, and all rows are locked."""
    with writing() as other, writing() as ours:
        ours.exec_driver_sql("SET lock_timeout = '2s'")
        own = ours.execute(text("SELECT pg_current_xact_id()::text::bigint")).scalar_one()
        other.exec_driver_sql(f"INSERT INTO versions VALUES ('times', 1, '2026-03-03', {own}, 5)")
        other.commit()
        other.exec_driver_sql(BUMP)
        for _ in range(2):
            ours.exec_driver_sql(BUMP)
        assert ours.execute(PARTS).all() == [(own, 5), (own + 2**48, 1)]
        ours.commit()
        other.commit()
        assert ours.execute(PARTS).all() == [(own, 6), (own + 2**48, 1)]


def test_a_part_of_before_a_restore_that_is_free_is_counted_on(postgresql):
    with writing() as ours:
        ours.exec_driver_sql("INSERT INTO versions VALUES ('times', 1, '2026-03-03', 7, 5)")
        ours.commit()
        ours.exec_driver_sql(BUMP)
        assert ours.execute(PARTS).all() == [(7, 6)]
