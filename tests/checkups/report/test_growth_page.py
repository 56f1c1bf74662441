"""A family's page of growth: what it shows, what it takes, what it asks about."""

from datetime import date

import pytest
from sqlalchemy import select

from clinic.accounts.models import Role
from clinic.amounts import Kind
from clinic.audit.trail import AuditEvent
from clinic.checkups.check import recording
from clinic.checkups.growth.measuring import Measured
from clinic.checkups.models import EnteredBy, Measurement, ParentHeights
from clinic.db import db
from tests.makes import NOON, make_centre, make_child, make_guardianship, make_user
from tests.pages import rows, values, words_of
from tests.queries import count_queries

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def parent(app, noon):
    return make_user()


@pytest.fixture
def child(parent):
    return make_child(parent)  # a girl, born 2025-02-01


@pytest.fixture
def here(client, parent, child):
    """The page's address, its parent signed in."""
    client.sign_in(parent)
    return f"/checkups/children/{child.id}/growth"


def weigh(child, parent, *days_and_grams):
    for on, grams in days_and_grams:
        recording.measure_at_home(child, [Measured(on, Kind.WEIGHT, grams)], by=parent, now=NOON)
    db.session.commit()


def live():
    return db.session.scalars(
        select(Measurement).where(Measurement.voided_at.is_(None)).order_by(Measurement.id)
    ).all()


def error_at(page, name):
    return next(iter(rows(page, f".error[id={name}-error]")), None)


def test_without_measurements_it_says_what_to_do(client, here):
    page = client.get(here, headers=ENGLISH).text
    assert "No measurement is on record yet" in page
    assert page.count('<svg class="growth-svg"') == 4
    assert "growth-dot" not in page


def test_the_latest_value_in_plain_words(client, here, child, parent):
    weigh(child, parent, (date(2026, 2, 1), 9400), (date(2025, 8, 1), 7500))
    page = client.get(here, headers=ENGLISH).text
    cards = page.split('class="growth-cards"')[1].split("</ul>")[0]
    assert '<b class="num">9.4</b> kg' in cards
    assert "Of 100 girls of the same age, 50 to 75 have less." in cards  # on P50 of 12 months
    assert page.count('class="growth-dot growth-home"') == 2
    assert len(rows(page, 'tr > th[scope="row"]')) == 2


def test_the_page_in_chinese(client, here, child, parent):
    weigh(child, parent, (date(2026, 2, 1), 9400))
    page = client.get(here).text
    assert "王一禾的生长曲线" in page
    assert "100名同龄女孩中，50～75名低于这个数。" in page


def test_the_standards_own_word_is_said_kindly(client, here, child, parent):
    weigh(child, parent, (date(2026, 2, 1), 7400))
    page = client.get(here, headers=ENGLISH).text
    assert "underweight 低体重" in words_of(page)
    assert "低体重" in rows(page, 'span[lang="zh-CN"]')
    assert "Please talk about eating and health" in page


def test_the_other_standard_has_other_lines(client, here, child, parent):
    weigh(child, parent, (date(2026, 2, 1), 9400))
    national, world = client.get(here).text, client.get(f"{here}?standard=who").text
    assert national.count("WS/T 423-2022</span>") == 4
    assert world.count("WHO</span>") == 4

    def polygons(page):
        return values(page, "polygon.growth-area", "points")

    assert len(polygons(national)) == len(polygons(world)) == 12
    assert not set(polygons(national)) & set(polygons(world))


def test_htmx_gets_the_charts_alone(client, here):
    part = client.get(f"{here}?standard=who", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="growth"')
    assert "<html" not in part


def test_what_was_measured_at_home_is_kept(client, here, child, parent):
    typed = {
        "on": "2026-03-01",
        "weight": "9.6",
        "length": "75.5",
        "how": "lying",
        "head": "45",
    }
    answer = client.post(here.replace("growth", "measurements"), data=typed)
    assert (answer.status_code, answer.location) == (303, here)
    assert [(row.kind, row.amount, row.how and row.how.value) for row in live()] == [
        (Kind.WEIGHT, 9600, None),
        (Kind.LENGTH, 755, "lying"),
        (Kind.HEAD, 450, None),
    ]
    assert {row.source for row in live()} == {EnteredBy.PARENT}


@pytest.mark.parametrize(
    ("typed", "at", "words"),
    [
        ({"weight": "9.6"}, "on", "Enter the day of the measurement, as 2025-03-01."),
        ({"on": "yesterday", "weight": "9.6"}, "on", "Enter the day"),
        ({"on": "2025-01-31", "weight": "3"}, "on", "This day is before the child was born."),
        ({"on": "2026-03-03", "weight": "9.6"}, "on", "This day is in the future."),
        ({"on": "2026-03-01", "head": "450"}, "head", "Did you mean 45 cm (450 mm)?"),
        ({"on": "2026-03-01", "head": "4500"}, "head", "This must lie between 15 and 70 cm."),
        ({"on": "2026-03-01", "weight": "19.2"}, "weight", "Did you mean 9.6 kg (19.2 斤)?"),
        ({"on": "2026-03-01", "weight": "9600"}, "weight", "Did you mean 9.6 kg (9600 g)?"),
        ({"on": "2026-03-01", "weight": "heavy"}, "weight", "Enter a number"),
        ({"on": "2026-03-01"}, "weight", "Enter at least one number."),
        ({"on": "2026-03-01", "weight": "14"}, "weight", "a big change"),
        ({"on": "2026-02-01", "weight": "9.5"}, "on", "This is recorded for that day already."),
    ],
)
def test_what_cannot_be_or_is_doubtful_is_said_beside_its_field(
    client, here, child, parent, typed, at, words
):
    weigh(child, parent, (date(2026, 2, 1), 9000))
    answer = client.post(here.replace("growth", "measurements"), data=typed, headers=ENGLISH)
    assert answer.status_code == 422
    assert words in error_at(answer.text, at).replace("&#39;", "'")
    for name, value in typed.items():
        assert f'name="{name}" value="{value}"' in answer.text
    # Only a number that could be saved is asked about; what is out of range is not.
    assert (f'name="sure-{at}"' in answer.text) == (typed.get(at) in ("14", "19.2"))
    assert [row.amount for row in live()] == [9000]


def test_a_doubtful_number_is_taken_when_it_is_said_to_be_right(client, here, child, parent):
    typed = {"on": "2026-03-01", "weight": "14", "sure-weight": "14"}
    there = here.replace("growth", "measurements")
    assert client.post(there, data=typed | {"sure-weight": "13"}).status_code == 422
    assert client.post(there, data=typed).status_code == 303
    assert [row.amount for row in live()] == [14000]


def test_what_was_entered_at_home_can_be_removed(client, here, child, parent):
    weigh(child, parent, (date(2026, 2, 1), 9000), (date(2026, 3, 1), 9600))
    first = live()[0]
    there = f"/checkups/children/{child.id}/measurements/{first.id}/removal"
    assert client.post(there).status_code == 303
    assert [row.amount for row in live()] == [9600]
    assert client.post(there).status_code == 404  # it is gone
    actions = db.session.scalars(select(AuditEvent.action)).all()
    assert actions.count("take_back_measurement") == 1


def test_both_parents_heights_give_a_range(client, here, child):
    there = here.replace("growth", "parents-heights")
    answer = client.post(there, data={"mother": "162", "father": "176.5"}, headers=ENGLISH)
    assert (answer.status_code, answer.location) == (303, f"{here}?standard=who")
    row = db.session.get(ParentHeights, child.id)
    assert (row.mother_mm, row.father_mm) == (1620, 1765)
    page = client.get(answer.location, headers=ENGLISH).text
    assert "From the parents' heights about 154 to 171 cm as an adult." in page
    assert page.count('class="growth-channel"') == 1


@pytest.mark.parametrize(
    ("typed", "bad"),
    [
        ({"mother": "162"}, {"father"}),
        ({"mother": "1.62", "father": "176"}, {"mother"}),
        ({"mother": "", "father": "tall"}, {"mother", "father"}),
        ({"mother": "119.9", "father": "220.1"}, {"mother", "father"}),
        ({"mother": "nan", "father": "Infinity"}, {"mother", "father"}),
    ],
)
def test_heights_that_cannot_be(client, here, child, typed, bad):
    answer = client.post(here.replace("growth", "parents-heights"), data=typed)
    assert answer.status_code == 422
    assert {one for one in ("mother", "father") if error_at(answer.text, one)} == bad
    assert db.session.get(ParentHeights, child.id) is None


def test_nobody_else_sees_it(client, here, child, parent):
    weigh(child, parent, (date(2026, 2, 1), 9000))
    client.sign_in(make_user())
    base = here.removesuffix("growth")
    assert client.get(here).status_code == 404
    for end in ("measurements", "parents-heights", f"measurements/{live()[0].id}/removal"):
        assert client.post(base + end, data={"on": "2026-03-01"}).status_code == 404
    client.sign_in(make_user(Role.CLINICIAN, centre=make_centre()))
    assert client.get(here).status_code == 403
    father = make_user()
    make_guardianship(father, child)
    assert client.sign_in(father).get(here).status_code == 200


def test_as_many_queries_for_thirty_measurements_as_for_one(client, here, child, parent):
    weigh(child, parent, (date(2025, 3, 1), 4000))
    one = count_queries(lambda: client.get(here))
    weigh(child, parent, *((date(2025, 3, day), 4000 + 30 * day) for day in range(2, 31)))
    assert count_queries(lambda: client.get(here)) == one
    assert client.get(here).text.count('class="growth-dot growth-home"') == 30


def test_a_school_child_is_read_by_its_own_standard(client, parent, noon):
    boy = make_child(parent, sex="male", birth_date=date(2016, 3, 2))  # ten years
    recording.measure_at_home(
        boy,
        [
            Measured(date(2026, 3, 2), Kind.WEIGHT, 40000),
            Measured(date(2026, 3, 2), Kind.LENGTH, 1400),
        ],
        by=parent,
        now=NOON,
    )
    db.session.commit()
    page = client.sign_in(parent).get(f"/checkups/children/{boy.id}/growth", headers=ENGLISH).text
    assert page.count("WS/T 586-2018</span>") == 1
    assert page.count("WHO</span>") == 2
    assert "overweight" in page  # 20.4 of 19.2 and 21.9
    assert "Head circumference <span" not in page
