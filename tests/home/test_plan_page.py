"""A child's care plan: what is due, what is coming, what is booked, and how to book it."""

from datetime import date, timedelta

import pytest

from clinic.care.gather import plans_of
from clinic.clock import clinic_day
from clinic.db import db
from clinic.families.models import Sex
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import ChildCondition, Condition, Source
from clinic.vaccination.record.rules import Entry
from tests.makes import NOON, make_appointment, make_child, make_service, make_user, save
from tests.queries import count_queries

pytestmark = pytest.mark.usefixtures("noon")
TODAY = clinic_day(NOON)
ON_TIME_AT_EIGHT_MONTHS = (
    ("HepB", date(2025, 7, 2)),
    ("BCG", date(2025, 7, 2)),
    ("HepB", date(2025, 8, 2)),
    ("IPV", date(2025, 9, 2)),
    ("DTaP", date(2025, 9, 2)),
    ("IPV", date(2025, 10, 2)),
    ("bOPV", date(2025, 11, 2)),
    ("DTaP", date(2025, 11, 2)),
    ("HepB", date(2026, 1, 2)),
    ("DTaP", date(2026, 1, 2)),
    ("MPSV-A", date(2026, 1, 2)),
)


@pytest.fixture
def parent(app):
    return make_user()


@pytest.fixture
def child(parent):
    """Eight months old today."""
    return make_child(parent, birth_date=date(2025, 7, 2))


def given(child, doses, by):
    entries = [Entry(vaccine, day) for vaccine, day in doses]
    recording.record(child, entries, by=by, source=Source.BOOKLET, now=NOON)
    db.session.commit()


def codes(rows):
    return [row.code for row in rows]


def url(child):
    return f"/family/children/{child.id}/plan"


def test_at_eight_months_with_a_full_booklet_the_check_and_two_vaccines_are_due(parent, child):
    given(child, ON_TIME_AT_EIGHT_MONTHS, parent)
    plan = plans_of([child], TODAY)[child.id]

    assert sorted(codes(plan.now)) == ["JE", "M8", "MMR"]
    assert {"HEPB", "BCG"} == set(codes(plan.done))
    assert set(plan.kinds_open) == {"checkups", "vaccination"}


def test_a_voided_entry_does_not_count(parent, child):
    given(child, ON_TIME_AT_EIGHT_MONTHS, parent)
    row = next(
        immunization
        for immunization in recording.history_of(child.id)
        if immunization.vaccine == "BCG"
    )
    recording.void(row, by=parent, reason="by mistake", now=NOON)
    db.session.commit()

    assert "BCG" in codes(plans_of([child], TODAY)[child.id].ask)


def test_what_is_true_of_the_child_changes_its_plan(parent, child):
    given(child, ON_TIME_AT_EIGHT_MONTHS, parent)
    save(
        ChildCondition(
            child_id=child.id,
            code=Condition.IMMUNOGLOBULIN,
            on=TODAY - timedelta(days=1),
            recorded_at=NOON,
            recorded_by_id=parent.id,
        )
    )
    plan = plans_of([child], TODAY)[child.id]

    assert codes(plan.now) == ["M8"]
    mmr = next(due_item for due_item in plan.coming if due_item.code == "MMR")
    assert mmr.earliest == date(2026, 6, 1)


def test_a_finished_check_makes_the_next_one_come(parent, child):
    service = make_service(code="health-check", kind="checkups")
    visit = make_appointment(child, service, by=parent)
    visit.starts_at, visit.ends_at = NOON, NOON + timedelta(minutes=30)
    visit.arrived_at = visit.done_at = NOON
    visit.arrived_by_id = visit.done_by_id = parent.id
    db.session.commit()

    checks = [
        due_item for due_item in plans_of([child], TODAY)[child.id].coming if due_item.code == "M12"
    ]
    assert [check.earliest for check in checks] == [date(2026, 7, 2)]


@pytest.mark.parametrize(
    ("language", "dose", "free"),
    [
        ("zh", "麻腮风疫苗 第1剂", "免疫规划疫苗免费"),
        ("en", "Measles, mumps, rubella (live), dose 1", "Programme vaccines are free of charge"),
    ],
)
def test_the_page_shows_the_plan_in_the_readers_language(
    client, parent, child, language, dose, free
):
    given(child, ON_TIME_AT_EIGHT_MONTHS, parent)
    page = client.sign_in(parent).get(url(child), headers={"Accept-Language": language}).text

    assert dose in page
    assert free in page
    assert f"/vaccination/?child={child.id}" in page
    assert f"/vaccination/children/{child.id}/booklet" in page


def test_without_a_record_it_asks_for_the_booklet_first(client, parent, child):
    client.sign_in(parent)
    without = client.get(url(child)).text
    given(child, ON_TIME_AT_EIGHT_MONTHS, parent)

    assert "系统里还没有接种记录" in without
    assert "系统里还没有接种记录" not in client.get(url(child)).text


def test_what_is_booked_is_not_offered_again(client, parent, child):
    make_appointment(child, make_service(kind="vaccination"), by=parent)
    page = client.sign_in(parent).get(url(child)).text

    assert f'href="/vaccination/?child={child.id}"' not in page
    assert f'href="/checkups/?child={child.id}"' in page


def test_a_stranger_finds_nothing(client, child):
    assert client.sign_in(make_user()).get(url(child)).status_code == 404


def test_the_start_page_asks_as_much_for_three_children_as_for_one(client, parent, child):
    client.sign_in(parent)
    one = count_queries(lambda: client.get("/"))
    for _ in range(2):
        sibling = make_child(parent, sex=Sex.MALE, birth_date=date(2024, 5, 1))
        given(sibling, [("BCG", date(2024, 5, 2))], parent)

    assert count_queries(lambda: client.get("/")) == one


def test_the_plan_asks_as_much_for_a_long_record_as_for_none(client, parent, child):
    client.sign_in(parent)
    none = count_queries(lambda: client.get(url(child)))
    given(child, ON_TIME_AT_EIGHT_MONTHS, parent)

    assert count_queries(lambda: client.get(url(child))) == none


def test_each_dose_due_has_a_button_of_its_own_and_one_for_all(client, parent, child):
    given(child, ON_TIME_AT_EIGHT_MONTHS, parent)
    page = client.sign_in(parent).get(url(child)).text
    one, other = f"need={child.id}.JE", f"need={child.id}.MMR"

    assert page.count(f'href="/vaccination/?child={child.id}&amp;{one}"') == 1
    assert page.count(f'href="/vaccination/?child={child.id}&amp;{other}"') == 1
    assert f"{one}&amp;{other}" in page or f"{other}&amp;{one}" in page


def test_what_comes_later_is_told_without_a_button(client, parent, child):
    given(child, ON_TIME_AT_EIGHT_MONTHS, parent)
    page = client.sign_in(parent).get(url(child)).text

    assert "百白破疫苗 第5剂" in page
    assert f"need={child.id}.DTAP" not in page


def test_paid_vaccines_are_marked_never_overdue_and_bookable(client, parent, child):
    given(child, ON_TIME_AT_EIGHT_MONTHS, parent)
    page = client.sign_in(parent).get(url(child)).text
    paid = page[page.index('id="paid"') : page.index('id="done"')]

    assert "EV71疫苗 第1剂" in paid
    assert paid.count("自费·自愿") == 1 + paid.count("<li")
    assert f"need={child.id}.EV71" in paid
    assert "已逾期" not in paid
