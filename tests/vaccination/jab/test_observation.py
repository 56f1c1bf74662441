"""Children stay for 30 minutes; what keeps them longer, and who leaves earlier."""

from datetime import timedelta

import pytest
import time_machine

from clinic.accounts.models import Profession, Role
from clinic.audit.trail import AuditEvent
from clinic.db import db
from clinic.vaccination.jab.models import AdverseEvent, PostVaccinationStay
from clinic.vaccination.jab.observation import minutes_left
from tests.controls import words
from tests.makes import make_centre, make_user
from tests.queries import count_queries
from tests.vaccination.jab.at_the_jab import GOOD, ON_THE_DAY, Day

BOARD = "/vaccination/observation"
ONSET = "2026-03-03T09:15"
REPORT = {"symptom": "hives", "onset": ONSET, "treatment": "watched, doctor called"}


def after(**kw):
    return time_machine.travel(ON_THE_DAY + timedelta(**kw), tick=False)


@pytest.fixture
def client(both):
    return both.test_client()


@pytest.fixture(autouse=True)
def english(client):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"


@pytest.fixture
def day(client):
    """The dose is given; the vaccinator is signed in."""
    made = Day()
    made.answer()
    with after():
        assert client.sign_in(made.vaccinator).post(made.page, data=GOOD).status_code == 303
    return made


def stay():
    db.session.expire_all()
    return db.session.query(PostVaccinationStay).one()


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(0, 30), (1, 30), (60, 29), (1741, 1), (1799, 1), (1800, 0), (9999, 0)]
)
def test_minutes_count_down(seconds, minutes):
    ends_at = ON_THE_DAY + timedelta(minutes=30)
    assert minutes_left(ends_at, ON_THE_DAY + timedelta(seconds=seconds)) == minutes


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0, "30 minutes left"), (29, "1 minute left"), (30, "Time is over"), (300, "Time is over")],
)
def test_the_board_counts_down_and_says_when_it_is_over(client, day, minutes, text):
    with after(minutes=minutes):
        shown = client.get(BOARD).text
    assert text in shown
    assert day.child.name not in shown
    part = client.get(BOARD, headers={"HX-Request": "true"}).text
    assert "<html" not in part


def test_who_leaves_in_time_needs_no_reason(client, day):
    with after(minutes=30):
        assert client.post(f"{day.page}/leaving").location == BOARD
        assert client.post(f"{day.page}/leaving").location == BOARD  # twice is once
        assert "Nobody is under observation" in client.get(BOARD).text
    assert (stay().left_by_id, stay().early_reason) == (day.vaccinator.id, "")
    assert db.session.query(AuditEvent).filter_by(action="leave").count() == 1


def test_who_leaves_earlier_needs_one(client, day):
    with after(minutes=29, seconds=59):
        answer = client.post(f"{day.page}/leaving", data={"reason": " "})
        assert answer.status_code == 422
        assert "The 30 minutes are not over." in answer.text
        assert stay().left_at is None
        client.post(f"{day.page}/leaving", data={"reason": "lives next door"})
    assert stay().early_reason == "lives next door"


def test_a_reaction_keeps_the_child_until_its_outcome_is_known(client, day):
    with after(minutes=10):
        assert client.post(f"{day.page}/reaction", data=REPORT).location == BOARD
    with after(minutes=40):
        answer = client.post(f"{day.page}/leaving", data={"reason": "wants to"})
        assert answer.status_code == 422
        assert "A reaction is reported." in answer.text
        assert 'name="outcome"' in client.get(f"{day.page}/reaction").text
        client.post(f"{day.page}/reaction", data=REPORT | {"outcome": "gone after 20 minutes"})
        assert client.post(f"{day.page}/leaving").status_code == 303
    (row,) = db.session.query(AdverseEvent).all()
    assert (row.symptom, row.outcome) == ("hives", "gone after 20 minutes")
    assert row.opened_at < row.closed_at
    deeds = [
        audit_event.action
        for audit_event in db.session.query(AuditEvent).filter_by(subject="adverse_events")
    ]
    assert deeds == ["report_reaction", "close_reaction"]


@pytest.mark.parametrize(
    ("change", "bad"),
    [
        ({"symptom": " "}, "symptom"),
        ({"symptom": "x" * 301}, "symptom"),
        ({"treatment": ""}, "treatment"),
        ({"onset": "half past nine"}, "onset"),
        ({"onset": "2026-03-03T09:09"}, "onset"),  # before the dose
        ({"onset": "2026-03-03T09:21"}, "onset"),  # to come
    ],
)
def test_a_report_that_is_not_right_is_not_kept(client, day, change, bad):
    with after(minutes=10):
        answer = client.post(f"{day.page}/reaction", data=REPORT | change)
    assert answer.status_code == 422
    assert f'id="{bad}-error"' in answer.text
    assert db.session.query(AdverseEvent).count() == 0


def test_reception_sees_the_board_of_its_centre_and_no_other(client, day):
    desk = make_user(Role.RECEPTION, centre=day.practitioner.centre)
    other = make_user(Role.RECEPTION, centre=make_centre())
    with after(minutes=5):
        assert "25 minutes left" in client.sign_in(desk).get(BOARD).text
        client.sign_in(other)
        assert "Nobody is under observation" in client.get(BOARD).text
        assert client.post(f"{day.page}/leaving").status_code == 404
        assert client.post(f"{day.page}/reaction", data=REPORT).status_code == 403
    assert stay().left_at is None


def test_three_children_cost_no_more_than_one(client, app):
    def arrive(made):
        made.answer()
        with after():
            client.sign_in(made.vaccinator).post(made.page, data=GOOD)

    first = Day()
    arrive(first)
    desk = make_user(Role.RECEPTION, centre=first.practitioner.centre)
    client.sign_in(desk)
    one = count_queries(lambda: client.get(BOARD))
    for _ in range(2):
        more = Day()
        arrive(more)
        db.session.query(PostVaccinationStay).update({"centre_id": first.id})
        db.session.commit()
    client.sign_in(desk)
    assert count_queries(lambda: client.get(BOARD)) == one


def test_a_report_is_printed_in_both_languages_once_there_is_one(client, day):
    paper = f"{day.page}/reaction/report"
    with after(minutes=6):
        assert "Nothing was reported" in client.get(paper).text
        client.post(f"{day.page}/reaction", data=REPORT)
        shown = client.get(paper).text
        for text in ("hives", "疑似预防接种异常反应报告", "麻腮风疫苗", "not known yet", "A1"):
            assert text in shown
        db.session.rollback()
        stranger = make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=make_centre())
        assert client.sign_in(stranger).get(paper).status_code == 404


def lines_at_the_top(page):
    return [words(node) for node in page.tree.css("[data-over]")]


def test_that_the_time_is_over_is_said_at_the_top_until_somebody_has_seen_it(client, day):
    with after(minutes=29):
        assert lines_at_the_top(client.page(BOARD)) == []
    with after(minutes=30):
        page = client.page(BOARD)
        (line,) = lines_at_the_top(page)
        assert line.startswith("The 30 minutes are over:")
        assert line.endswith(f"{day.child.name[:1]}*")
        assert day.child.name not in page.text
    with after(minutes=31):  # by another person, after whatever was loaded again
        other = make_user(Role.RECEPTION, centre=day.practitioner.centre)
        client.sign_in(other)
        page = client.page(BOARD)
        assert len(lines_at_the_top(page)) == 1
        for _ in range(2):  # twice is once
            assert page.form(holding="Seen").submit().location == BOARD
        assert lines_at_the_top(client.page(BOARD)) == []
        assert "Time is over" in client.page(BOARD).words
    assert (stay().over_noted_by_id, stay().left_at) == (other.id, None)
    assert db.session.query(AuditEvent).filter_by(action="note_over").count() == 1


def test_nothing_is_over_while_a_reaction_is_open(client, day):
    with after(minutes=10):
        client.post(f"{day.page}/reaction", data=REPORT)
    with after(minutes=40):
        page = client.page(BOARD)
        assert lines_at_the_top(page) == []
        assert "Time is over" not in page.words
        client.post(f"{day.page}/reaction", data=REPORT | {"outcome": "gone"})
        assert len(lines_at_the_top(client.page(BOARD))) == 1


def test_it_is_not_noted_before_the_time(client, day):
    with after(minutes=29):
        answer = client.post(f"{day.page}/over")
        assert answer.status_code == 422
        assert "The 30 minutes are not over yet." in answer.text
    assert stay().over_noted_at is None


def test_a_reason_half_typed_stays_while_the_alert_is_noted(client, day):
    with after(minutes=30):
        page = client.page(f"{BOARD}?leaving={day.visit.id}")
        part = page.form(holding="Seen").submit(htmx=True)
        assert (part.status, part.location) == (200, None)
        assert part.one("#over").attributes["hx-get"] == f"{BOARD}?leaving={day.visit.id}"
        assert "hx-get" not in part.one("#staying").attributes
