"""A manager closes the centre, or gives a day another timetable: shown first, done as shown."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from clinic.accounts.models import Role
from clinic.centres.models import AdjustedDay, Closure
from clinic.db import db
from clinic.scheduling.status import Status, status_of
from tests.makes import make_user
from tests.pages import values
from tests.scheduling.changes.clinic import Clinic

pytestmark = pytest.mark.usefixtures("noon")
CLOSING = "/manage/closing?first=2026-03-03&reason_zh=检修"


@pytest.fixture
def clinic(app, client):
    made = Clinic()
    client.sign_in(make_user(Role.MANAGER, centre=made.centre))
    return made


def version_on(page):
    (version,) = values(page.text, "[name=version]", "value")
    return version


def test_a_closure_is_shown_done_and_taken_back(client, clinic):
    visit = clinic.book(0)
    shown = client.get(CLOSING)
    assert "王一禾" in shown.text
    assert client.post(CLOSING, data={"version": version_on(shown)}).status_code == 303
    assert status_of(visit) is Status.DISPLACED
    closure = db.session.query(Closure).one()
    assert "检修" in client.get("/manage/closures").text

    assert client.post(f"/manage/closures/{closure.id}/lift").status_code == 303
    db.session.refresh(visit)
    assert status_of(visit) is Status.BOOKED


@pytest.mark.parametrize("version", ["", "rubbish"])
def test_what_was_not_shown_is_not_done(client, clinic, version):
    assert client.post(CLOSING, data={"version": version}).status_code == 422
    assert db.session.query(Closure).count() == 0


@pytest.mark.parametrize("first", ["2026-03-01", "2026-03-02&last=2026-03-01"])
def test_a_day_that_has_passed_is_refused_with_a_sentence(client, clinic, first):
    page = client.get(f"/manage/closing?first={first}")
    assert page.status_code == 422
    refused = LexborHTMLParser(page.text).css("main#main [role=alert]:not(#toast)")
    assert len(refused) == 1
    assert 'name="version"' not in page.text
    assert 'href="/manage/closures?' in page.text


@pytest.mark.parametrize(("weekday", "works_as"), [("5", 5), ("shut", None)])
def test_a_day_gets_another_timetable(client, clinic, weekday, works_as):
    url = f"/manage/timetable?day=2026-03-03&weekday={weekday}"
    version = version_on(client.get(url))
    assert client.post(url, data={"version": version}).status_code == 303
    assert db.session.query(AdjustedDay).one().works_as == works_as


def test_families_who_lose_their_time_are_seen_with_what_they_are_offered(client, clinic):
    clinic.book(0)
    done = client.post(CLOSING, data={"version": version_on(client.get(CLOSING))})
    assert done.location.startswith("/manage/new-times")
    assert "王一禾" in client.get(done.location).text


def test_a_shut_day_is_as_usual_again_from_the_list(client, clinic):
    url = "/manage/timetable?day=2026-03-03&weekday=shut"
    done = client.post(url, data={"version": version_on(client.get(url))})
    listed = client.get(done.location).text
    usual = values(listed, 'a[href^="/manage/timetable?"]', "href")[0]
    assert client.post(usual, data={"version": version_on(client.get(usual))}).status_code == 303
    assert db.session.query(AdjustedDay).one().works_as == 1  # a Tuesday's own
    assert "/manage/timetable?" not in client.get(done.location).text


def test_a_very_long_closure_is_asked_twice(client, clinic):
    manager = make_user(Role.MANAGER, centre=clinic.centre)
    address = "/manage/closing?first=2026-12-02&last=2029-12-02"
    page = client.sign_in(manager).page(address)
    assert "2029年12月2日" in page.words
    answer = page.form(holding="version").submit()
    assert answer.status == 422
    assert db.session.query(Closure).count() == 0
    answer.form(holding="version").fill(sure=True).submit().follow()
    assert db.session.query(Closure).count() == 1


@pytest.mark.parametrize(("weekday", "said"), [("0", "按周一排班"), ("shut", "当天不开诊")])
def test_another_timetable_says_what_it_will_do(client, clinic, weekday, said):
    page = client.page(f"/manage/timetable?day=2026-03-08&weekday={weekday}")
    assert said in page.words
    assert ("当天将按周一的排班开放出诊时段" in page.words) == (weekday == "0")


@pytest.mark.parametrize("weekday", ["", "&weekday=7", "&weekday=", "&weekday=x"])
def test_a_timetable_that_no_page_offers_shuts_no_day(client, clinic, weekday):
    page = client.page(f"/manage/timetable?day=2026-03-03{weekday}", status=303).follow()
    assert "请从列出的选项中选择。" in page.text
    assert page.form(action="/manage/timetable").fields["day"] == "2026-03-03"


def test_a_closure_that_is_refused_keeps_what_was_typed(client, clinic):
    asked = "first=2026-03-05&last=2026-03-04&reason_zh=检修&reason_en=Repairs"
    form = client.page(f"/manage/closing?{asked}", status=422).click("返回").form(action="/closing")
    typed = [form.fields[name] for name in ("first", "last", "reason_zh", "reason_en")]
    assert typed == ["2026-03-05", "2026-03-04", "检修", "Repairs"]
