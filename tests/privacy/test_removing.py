"""A child is removed, an account closed: what goes, what the law keeps, and that nothing is forgotten."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Date, DateTime, func, select

from clinic.accounts.models import Role, User
from clinic.accounts.queries import find_user
from clinic.clock import clinic_day
from clinic.db import Base, db
from clinic.families import registering
from clinic.families.models import Child, Guardianship, Relation
from clinic.families.queries import children_of
from clinic.privacy import removing
from clinic.privacy.copying import copy_of
from clinic.privacy.holdings import found, holdings, of_staff
from clinic.privacy.job import delete_what_is_over
from clinic.privacy.models import ChildRemoval
from clinic.privacy.retention import must_stay, periods, years_after
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment, WaitlistEntry
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, make_child, make_guardianship, make_user
from tests.whole_site import NOW, make_world
from tests.world import World

LATER = NOW + timedelta(days=2)  # the visits of today are over


def people_of(table):
    """Whether a table's rows name a person: they point to a user, a child, or a table that does."""
    named = {"users", "children", *holdings()}
    return any(key.column.table.name in named for key in table.foreign_keys)


def test_every_table_with_a_persons_id_is_on_a_list():
    said = {*holdings(), *of_staff(), "child_removals"}
    assert {table.name for table in Base.metadata.sorted_tables if people_of(table)} <= said
    assert said <= {*Base.metadata.tables}
    assert not {*holdings()} & {*of_staff()}


def test_what_a_list_says_of_a_table_is_in_that_table():
    for holding in holdings().values():
        columns = {
            *holding.own,
            *holding.left_out,
            *holding.through.values(),
            *filter(None, [holding.since]),
        }
        assert columns <= {*holding.table.columns.keys()}, holding.table.name
        assert holding.kept in ("", "with it", *periods())
        if holding.kept in periods():
            assert isinstance(holding.table.c[holding.since].type, Date | DateTime) or holding.since
        for parent, column in holding.through.items():
            (key,) = holding.table.c[column].foreign_keys
            assert key.column.table.name == parent


@pytest.fixture
def site(both):
    """A family of whom there is something in nearly every table."""
    return make_world()


def rows_of(child_ids):
    """How many rows there are by table, of those with a column for the child."""
    counted = {}
    for table in Base.metadata.sorted_tables:
        if "child_id" in table.c and table.name != "child_removals":
            wanted = select(func.count()).where(table.c.child_id.in_(child_ids))
            counted[table.name] = db.session.scalar(wanted)
    return counted


def test_a_copy_has_every_row_about_the_children(site):
    children = [child.id for child in children_of(site.parent)]
    copied = copy_of(site.parent)
    for table, count in rows_of(children).items():
        of_children = [row for row in copied[table] if row.get("child_id") in children]
        assert len(of_children) == count, table
    assert sum(bool(rows) for rows in copied.values()) > 20


def test_a_copy_has_no_key_and_no_hash(site):
    for rows in copy_of(site.parent).values():
        for row in rows:
            assert not [name for name in row if "hash" in name or ("key" in name and name != "key")]


def test_what_is_left_of_removed_children_is_what_the_law_keeps(site):
    child_ids = [child.id for child in children_of(site.parent)]
    end_the_day(site)
    user = db.session.get_one(User, site.parent.id)
    for child_id in child_ids:
        removing.remove_child(db.session.get_one(Child, child_id), by=user, now=LATER)
    db.session.commit()
    assert children_of(site.parent) == []
    left = rows_of(child_ids)
    for name, count in left.items():
        assert count == 0 or holdings()[name].kept, name
    assert left["immunizations"] > 0 < left["informed_consents"]
    assert left["parent_heights"] == left["holds"] == left["waitlist_children"] == 0
    assert broken_promises(now=LATER) == []


def end_the_day(site):
    """Nobody is at the centre any more."""
    for visit in db.session.scalars(select(Appointment)).all():
        if status_of(visit) is Status.ARRIVED:
            attendance.finish(visit, by=site.doctor, now=NOW, note="")
    db.session.commit()


@pytest.fixture
def world(both):
    return World(hours={})


def remove(world, child):
    gone = not removing.remove_child(child, by=world.parent, now=NOON)
    db.session.commit()
    return gone


def test_a_child_who_never_came_is_gone_without_a_trace(world):
    visit_id = world.book(child=world.child, by=world.parent).id
    child_id = world.child.id
    assert remove(world, world.child)
    assert not any(rows_of([child_id]).values())
    assert db.session.get(Child, child_id) is None
    assert db.session.get(Appointment, visit_id) is None
    assert world.slot().taken == 0
    assert db.session.get_one(ChildRemoval, child_id).finished_at == NOON
    assert broken_promises(now=NOON) == []


def test_a_removed_child_is_gone_for_its_other_guardians_too(world):
    father = make_user()
    make_guardianship(father, world.child, relation=Relation.FATHER)
    remove(world, world.child)
    assert children_of(father) == []


def test_only_the_first_guardian_removes(world):
    father = make_user()
    make_guardianship(father, world.child, relation=Relation.FATHER)
    with pytest.raises(registering.OnlyTheFirst):
        removing.remove_child(world.child, by=father, now=NOON)


def arrive(visit, at):
    visit.arrived_at, visit.arrived_by_id = at, visit.booking.made_by_id
    db.session.commit()


def test_nobody_is_removed_while_at_the_centre(world):
    visit = world.book(child=world.child)
    arrive(visit, NOON)
    with pytest.raises(removing.IsHere):
        removing.remove_child(world.child, by=world.parent, now=NOON)


def test_a_visit_is_kept_for_fifteen_years_and_then_goes_by_itself(world):
    visit = world.book(child=world.child)
    arrive(visit, NOON)
    visit.done_at, visit.done_by_id = NOON, visit.arrived_by_id
    child_id, visit_id = world.child.id, visit.id
    assert not remove(world, world.child)
    over = years_after(clinic_day(visit.starts_at), 15)
    early = visit.starts_at.replace(year=over.year) - timedelta(days=1)
    delete_what_is_over(now=early)
    assert db.session.get(Appointment, visit_id) is not None
    delete_what_is_over(now=early + timedelta(days=1))
    db.session.expire_all()
    assert db.session.get(Appointment, visit_id) is None
    assert db.session.get(Child, child_id) is None


def test_a_cancelled_visit_goes_after_three_years_and_one_that_was_is_kept(world):
    cancelled, came = (
        world.book(0, child=make_child(world.parent)),
        world.book(1, child=world.child),
    )
    cancelled.cancelled_at, cancelled.cancelled_by_id = NOON, world.parent.id
    arrive(came, NOON)
    gone_id, kept_id = cancelled.id, came.id
    delete_what_is_over(now=came.starts_at + timedelta(days=3 * 366))
    db.session.expire_all()
    assert db.session.get(Appointment, gone_id) is None
    assert db.session.get(Appointment, kept_id) is not None


@pytest.mark.parametrize(
    ("day", "years", "then"),
    [
        (date(2026, 12, 1), 15, date(2041, 12, 1)),
        (date(2024, 2, 29), 1, date(2025, 3, 1)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
    ],
)
def test_years_after(day, years, then):
    assert years_after(day, years) == then


def close(user):
    removing.close_account(user, now=NOON)
    db.session.commit()


def test_a_closed_account_is_empty_and_its_phone_is_free_again(world):
    phone, user_id = world.parent.phone, world.parent.id
    child_id = world.child.id
    close(world.parent)
    left = db.session.get_one(User, user_id)
    assert (left.phone, left.email, left.password_hash) == (None, None, None)
    assert find_user(phone) is None
    assert db.session.get(Child, child_id) is None
    make_user(phone=phone)


def test_a_shared_child_goes_over_to_who_has_cared_for_it_longest(world):
    grandmother, father = make_user(), make_user()
    make_guardianship(father, world.child, relation=Relation.FATHER, granted_at=NOON)
    before = NOON - timedelta(days=9)
    make_guardianship(grandmother, world.child, relation=Relation.OTHER, granted_at=before)
    close(world.parent)
    first = db.session.scalars(
        select(Guardianship.user_id).where(Guardianship.is_first, Guardianship.revoked_at.is_(None))
    ).all()
    assert first == [grandmother.id]
    assert [child.id for child in children_of(father)] == [world.child.id]


def test_who_works_at_a_centre_does_not_close_the_account(world):
    with pytest.raises(removing.WorksHere):
        removing.close_account(make_user(Role.PARENT, Role.MANAGER, centre=world.centre), now=NOON)


def test_closing_an_account_ends_all_that_it_waits_for(site):
    end_the_day(site)
    user = db.session.get_one(User, site.parent.id)
    removing.close_account(user, now=LATER)
    db.session.commit()
    waits = select(func.count()).where(
        WaitlistEntry.user_id == user.id, WaitlistEntry.ended_at.is_(None)
    )
    assert db.session.scalar(waits) == 0
    rows = found("users", [user.id])
    assert not [name for name, left in rows.items() if left and not _may_stay(name)]
    assert broken_promises(now=LATER) == []


def _may_stay(name):
    return name in ("users", "bookings") or holdings()[name].kept


def test_what_a_kept_row_points_to_stays_with_it(site):
    rows = found("children", [child.id for child in children_of(site.parent)])
    kept = must_stay(rows, clinic_day(NOW))
    for name, holding in holdings().items():
        for row in rows[name]:
            if tuple(row[key.name] for key in holding.table.primary_key) not in kept[name]:
                continue
            for parent in {*holdings()} & {
                key.column.table.name for key in holding.table.foreign_keys
            }:
                for column in holding.table.columns:
                    if row[column.name] is not None and any(
                        key.column.table.name == parent for key in column.foreign_keys
                    ):
                        named = {row["id"] for row in rows[parent]}
                        if row[column.name] in named:
                            assert (row[column.name],) in kept[parent], (name, parent)
