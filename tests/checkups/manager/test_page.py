"""The city's shares for managers: counted right, few never shown, as many queries for many."""

from datetime import date, timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from clinic.accounts.models import Role
from clinic.amounts import How, Kind
from clinic.checkups.models import CheckVisit, EnteredBy, Measurement
from clinic.clock import at
from clinic.db import db
from tests.controls import words
from tests.makes import NOON, make_centre, make_child, make_user
from tests.queries import count_queries

ENGLISH = {"Accept-Language": "en"}
BORN = date(2025, 2, 1)  # thirteen months: the days of M6 (August) and M8 (October) are over
PAGE = "/manage/health"


@pytest.fixture
def centre(app, noon):
    return make_centre(name_en="Zhaohui")


@pytest.fixture
def manager(centre):
    return make_user(Role.MANAGER, centre=centre)


def check(child, centre, visit, on, *amounts, finished=True):
    """A check with these (kind, amount)."""
    by, now = make_user(consented=False), at(on, NOON.time())
    row = CheckVisit(
        child_id=child.id,
        centre_id=centre.id,
        visit=visit,
        done_on=on,
        saved_at=now,
        saved_by_id=by.id,
        finished_at=now if finished else None,
        finished_by_id=by.id if finished else None,
    )
    db.session.add(row)
    db.session.flush()
    for kind, amount in amounts:
        db.session.add(
            Measurement(
                child_id=child.id,
                check_visit_id=row.id,
                source=EnteredBy.CLINIC,
                entered_at=now,
                entered_by_id=by.id,
                measured_on=on,
                kind=kind,
                amount=amount,
                how=How.STANDING if kind is Kind.LENGTH else None,
            )
        )
    db.session.commit()


def children(number, **facts):
    guardian = make_user(consented=False)
    return [make_child(guardian, **facts) for _ in range(number)]


def rows(page, number):
    """The cells of a table, by what stands before its row."""
    body = LexborHTMLParser(page).css("tbody")[number - 1]
    found = {}
    for row in body.css("tr"):
        name, *cells = [words(node) for node in row.css("th, td")]
        found[name] = cells
    return found


def test_nothing_yet_is_said(client, manager):
    page = client.sign_in(manager).get(PAGE, headers=ENGLISH).text
    assert "No check was due within the year" in page
    assert "Nobody was measured within the year" in page


def test_on_time_is_within_the_days_of_the_check(client, manager, centre):
    group = children(24, birth_date=BORN)
    for child in group[:11]:
        check(child, centre, "M6", date(2025, 8, 31))  # the last day
    for child in group[11:22]:
        check(child, centre, "M6", date(2025, 9, 1))
    for child in group[22:]:
        check(child, centre, "M6", date(2025, 8, 5), finished=False)
    page = client.sign_in(manager).get(PAGE, headers=ENGLISH).text
    assert rows(page, 1)["6-month check"] == ["46% of 24", "46% of 24"]
    assert rows(page, 1)["12-month check"] == ["0% of 24", "0% of 24"]
    assert "18-month check" not in rows(page, 1)  # its days are to come
    assert "Newborn home visit" not in rows(page, 1)


def test_few_are_starred_and_so_is_what_would_give_them_away(client, manager, centre):
    other = make_centre(name_en="Qingbo")
    third = make_centre(name_en="Yuhang")
    for place, number in ((centre, 20), (other, 15), (third, 3)):
        for child in children(number, birth_date=BORN):
            check(child, place, "M6", date(2025, 8, 5))
    page = client.sign_in(manager).get(PAGE, headers=ENGLISH).text
    assert rows(page, 1)["6-month check"] == ["100% of 20", "*", "*", "100% of 38"]
    assert "of 3<" not in page
    assert "of 15" not in page


def test_children_whom_no_centre_saw_are_counted(client, manager, centre):
    children(12, birth_date=BORN)
    for child in children(12, birth_date=BORN):
        check(child, centre, "M6", date(2025, 8, 5))
    page = client.sign_in(manager).get(PAGE, headers=ENGLISH).text
    assert "No centre yet" in page
    assert rows(page, 1)["6-month check"] == ["100% of 12", "0% of 12", "50% of 24"]


@pytest.mark.parametrize(
    ("sex", "born", "grams", "expected"),
    [  # boys of three, 98 cm: 16.1, 17.9 and 22.9 kg/m2
        ("male", date(2023, 2, 20), 15500, ("0% of 12", "0% of 12")),
        ("male", date(2023, 2, 20), 17200, ("100% of 12", "0% of 12")),
        ("male", date(2023, 2, 20), 22000, ("0% of 12", "100% of 12")),
    ],
)
def test_too_heavy_by_the_standards_words(client, manager, centre, sex, born, grams, expected):
    for child in children(12, sex=sex, birth_date=born):
        check(child, centre, "M36", date(2026, 2, 25), (Kind.WEIGHT, grams), (Kind.LENGTH, 980))
    page = client.sign_in(manager).get(PAGE, headers=ENGLISH).text
    assert tuple(rows(page, 2)["3 years"]) == expected


def test_the_latest_measurement_of_the_year_counts_once(client, manager, centre):
    for child in children(12, sex="male", birth_date=date(2023, 2, 20)):
        heavy = ((Kind.WEIGHT, 22000), (Kind.LENGTH, 980))
        check(child, centre, "M30", date(2025, 9, 1), *heavy)
        check(child, centre, "M36", date(2026, 2, 25), (Kind.WEIGHT, 15500), (Kind.LENGTH, 980))
    page = client.sign_in(manager).get(PAGE, headers=ENGLISH).text
    assert rows(page, 2) == {
        "3 years": ["0% of 12", "0% of 12"],
        "All ages": ["0% of 12", "0% of 12"],
    }


def test_names_stay_out(client, manager, centre):
    for child in children(12, birth_date=BORN, name="林小满"):
        check(child, centre, "M6", date(2025, 8, 5))
    assert "林小满" not in client.sign_in(manager).get(PAGE).text


def test_as_many_queries_for_thirty_children_as_for_one(client, manager, centre):
    amounts = ((Kind.WEIGHT, 9000), (Kind.LENGTH, 740))
    client.sign_in(manager)
    for child in children(1, birth_date=BORN):
        check(child, centre, "M6", date(2025, 8, 5), *amounts)
    one = count_queries(lambda: client.get(PAGE))
    for child in children(29, birth_date=BORN):
        check(child, centre, "M6", date(2025, 8, 5) + timedelta(days=1), *amounts)
    assert count_queries(lambda: client.get(PAGE)) == one
