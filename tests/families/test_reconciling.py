"""A birth date is corrected, a guardian leaves: what hangs on it, on both engines."""

from datetime import date, timedelta

import pytest

from clinic.amounts import Kind
from clinic.checkups.check.recording import measure_at_home
from clinic.checkups.growth.measuring import Measured
from clinic.db import db
from clinic.errors import DomainError
from clinic.families import reconciling, registering
from clinic.families.models import Child
from clinic.scheduling.appointments import questions
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Hold, Question
from clinic.scheduling.verify import broken_ages, broken_promises
from clinic.scheduling.waitlist import offering
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import Source
from clinic.vaccination.record.rules import Entry
from tests.makes import NOON, TOMORROW, make_child, make_guardianship, make_hold, make_user
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")
BORN = date(2025, 2, 1)


class Family(World):
    """A mother, who registered the child, its father, and a visit for children of twelve months and more."""

    def __init__(self):
        super().__init__(min_age_months=12, hours={"capacity": 3})
        self.mother, self.father = self.parent, make_user()
        self.child = make_child(self.mother, birth_date=BORN)
        self.his = make_guardianship(self.father, self.child)

    def is_born(self, day):
        registering.change_child(self.child, by=self.mother, now=NOON, birth_date=day)
        db.session.commit()

    def father_leaves(self):
        registering.revoke(self.his, by=self.mother, now=NOON)
        db.session.commit()

    def visit(self):
        return self.book(child=self.child, by=self.mother)

    def wait(self, by, *children):
        return self.join(by=by, children=children, parts=["morning"], last_day=TOMORROW)

    def form(self, by):
        kept = make_hold(self.request(self.child), by=by, now=NOON)
        db.session.commit()
        return kept.id


@pytest.fixture
def family(both):
    return Family()


def verified():
    return broken_promises(now=NOON) + broken_ages(now=NOON)


def vaccinated(family):
    entries = [Entry("HepB", BORN + timedelta(days=3))]
    recording.record(family.child, entries, by=family.mother, source=Source.BOOKLET, now=NOON)


def measured(family):
    rows = [Measured(BORN + timedelta(days=3), Kind.WEIGHT, 3500)]
    measure_at_home(family.child, rows, by=family.mother, now=NOON)


def seen(family):
    visit = family.visit()
    attendance.check_in(visit, by=family.mother, now=NOON + timedelta(days=1))


@pytest.mark.parametrize(
    ("happens", "born"),
    [(vaccinated, BORN + timedelta(days=4)), (measured, BORN + timedelta(days=4))],
)
def test_nothing_on_record_may_lie_before_birth(family, happens, born):
    happens(family)
    db.session.commit()
    family.is_born(born - timedelta(days=1))
    with pytest.raises(DomainError, match="before that date of birth"):
        family.is_born(born)
    db.session.rollback()
    assert db.session.get_one(Child, family.child.id).birth_date == born - timedelta(days=1)


def test_who_was_seen_was_born(family):
    seen(family)
    db.session.commit()
    with pytest.raises(DomainError, match="before that date of birth"):
        reconciling.must_fit(family.child.id, TOMORROW + timedelta(days=1))


def test_a_visit_at_the_wrong_age_is_asked_about_until_it_fits_or_is_kept(family):
    visit = family.visit()
    family.is_born(date(2025, 4, 1))
    assert visit.question is Question.AGE
    family.is_born(BORN)
    assert visit.question is None
    family.is_born(date(2025, 4, 1))
    questions.keep(visit, by=family.mother, now=NOON)
    family.is_born(date(2025, 4, 2))
    assert visit.question is None
    assert verified() == []


def test_verify_finds_a_visit_at_the_wrong_age(family):
    family.visit()
    family.child.birth_date = date(2025, 4, 1)
    db.session.commit()
    assert ["does not have the age" in one for one in verified()] == [True]


def test_an_offer_for_another_age_goes_to_who_waits_next(family):
    entry = family.wait(family.mother, family.child)
    offering.look_for([entry.id], now=NOON)
    assert offering.live_offers(entry.id)
    family.is_born(date(2025, 4, 1))
    assert offering.live_offers(entry.id) == []
    assert verified() == []


def test_what_a_guardian_keeps_in_a_form_is_free_when_they_leave(family):
    his, hers = family.form(family.father), family.form(family.mother)
    family.father_leaves()
    assert db.session.get(Hold, his) is None
    assert db.session.get(Hold, hers) is not None
    assert verified() == []


def test_verify_finds_a_form_of_who_is_no_guardian(family):
    family.form(family.father)
    family.his.revoked_at, family.his.revoked_by_id = NOON, family.mother.id
    db.session.commit()
    assert ["does not care for the child" in one for one in verified()] == [True]


@pytest.mark.parametrize("alone", [True, False])
def test_a_wish_ends_only_when_nobody_has_all_its_children(family, alone):
    """The father waits for his own child from before and the one that they share."""
    his_own = make_child(family.father, name="王一麦", birth_date=BORN)
    if not alone:
        make_guardianship(family.mother, his_own)
    entry = family.wait(family.father, family.child, his_own)
    offering.look_for([entry.id], now=NOON)
    family.father_leaves()
    db.session.refresh(entry)
    assert (entry.ended_at is not None) == alone
    assert bool(offering.live_offers(entry.id)) == (not alone)
    assert verified() == []


def test_verify_finds_a_wish_of_nobody(family):
    his_own = make_child(family.father, name="王一麦", birth_date=BORN)
    family.wait(family.father, family.child, his_own)
    family.his.revoked_at, family.his.revoked_by_id = NOON, family.mother.id
    db.session.commit()
    assert ["nobody cares for all" in one for one in verified()] == [True]


def test_the_family_reads_at_the_field_what_stands_before_the_birth(client):
    mother = make_user()
    child = make_child(mother, birth_date=BORN)
    recording.record(
        child,
        [Entry("HepB", BORN + timedelta(days=3))],
        by=mother,
        source=Source.BOOKLET,
        now=NOON,
    )
    page = client.sign_in(mother).page(f"/family/children/{child.id}")
    answer = page.form().fill(birth_date="2025-03-01").submit()
    assert answer.status == 422
    assert "乙肝疫苗" in answer.errors["birth_date"]
    assert "2月4日" in answer.errors["birth_date"]
    assert answer.form().fill(birth_date="2025-02-04").submit().status == 303
