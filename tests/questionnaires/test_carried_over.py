"""Answers from before there was one table for them carry over, and back."""

from datetime import date, timedelta

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from clinic.db import db
from clinic.questionnaires.answers import Answer
from clinic.questionnaires.asking_again import answered_yes, ask_again
from clinic.questionnaires.models import AskedAgain, QuestionnaireResponse
from clinic.questionnaires.questionnaire import Questionnaire
from clinic.questionnaires.responding import latest, respond
from clinic.vaccination.jab.before import ASKS_AGAIN
from tests.checkups.at_the_check import DAILY, SIGNS
from tests.checkups.at_the_check import Day as CheckDay
from tests.makes import NOON
from tests.test_migrations import look
from tests.vaccination.jab.at_the_jab import Day as JabDay

pytestmark = [
    pytest.mark.usefixtures("both"),
    pytest.mark.heavy("migrations"),
]


def rows(model):
    """All of them, without what the old tables did not have."""
    db.session.expire_all()
    found = db.session.query(model).order_by(model.id).all()
    names = [column.name for column in model.__table__.columns if column.name != "language"]
    facts = [{name: getattr(row, name) for name in names} for row in found]
    db.session.rollback()
    return facts


def test_answers_before_a_vaccination_and_what_the_desk_heard_about_them():
    day = JabDay()
    day.answer(yes=("fever",), now=NOON)
    day.answer(yes=("medicines", "fever"), now=NOON + timedelta(hours=1))
    answered = answered_yes(ASKS_AGAIN, [day.visit.id], NOON)[day.visit.id]
    heard = {"still": ["fever"], "tenths": 385, "note": "早上退过烧"}
    ask_again(day.visit, answered, **heard, by=day.vaccinator, now=NOON)
    db.session.commit()
    responses, asked = rows(QuestionnaireResponse), rows(AskedAgain)
    assert (len(responses), len(asked)) == (2, 1)

    downgrade(revision="0039")
    old = db.session.execute(text("SELECT id, verdict, rules_version FROM vaccination_screenings"))
    assert [tuple(row) for row in old] == [
        (row["id"], "nurse", row["version"]) for row in responses
    ]
    db.session.rollback()
    upgrade()

    assert rows(QuestionnaireResponse) == responses
    assert rows(AskedAgain) == asked
    assert db.session.query(QuestionnaireResponse.language).distinct().all() == [("zh",)]
    day.answer()  # a new row comes after those that were carried over


def test_answers_before_a_check_moment_by_moment():
    """A row for each question becomes a response for each moment, and the other way round."""
    day = CheckDay()
    day.answer({"sign-1": "no"})
    day.eve += timedelta(minutes=1)
    day.answer({"sign-1": "yes", "sleep": "over14"})
    day.eve += timedelta(minutes=1)
    day.answer({"sleep": ""})
    day.answer(SIGNS | DAILY, "M8")
    responses = rows(QuestionnaireResponse)
    assert len(responses) == 4

    downgrade(revision="0039")
    one_by_one = "SELECT visit, code, value, voided_at IS NULL FROM screenings ORDER BY id"
    old = {tuple(row) for row in db.session.execute(text(one_by_one))}
    taken_back = {("M12", "sign-1", "no", False), ("M12", "sleep", "over14", False)}
    assert {row for row in old if not row[3]} == taken_back
    assert {row for row in old if row[3] and row[0] == "M12"} == {("M12", "sign-1", "yes", True)}
    assert len(old) == 3 + len(SIGNS | DAILY)
    db.session.rollback()
    upgrade()

    assert rows(QuestionnaireResponse) == responses
    last = latest("check-M12", day.child.id)
    assert {code: answer.value for code, answer in last.given.items()} == {"sign-1": "yes"}


DAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("code", "version", "answer"),
    [
        ("triage", "2026-11-25", Answer("yes")),
        ("vaccination", "2026-11-25", Answer("unsure")),
        ("check-M12", "2026-11-25", Answer("yes", DAY)),
        ("check-M12", "2027-01-01", Answer("yes")),
    ],
)
def test_the_way_down_refuses_what_the_old_tables_cannot_hold(caplog, code, version, answer):
    day = JabDay()
    day.answer(yes=("fever",), now=NOON)
    appointment = day.visit if code == "vaccination" else None
    facts = {"appointment": appointment, "language": "zh", "by": day.parent, "now": NOON}
    respond(Questionnaire(code, version, ()), day.child.id, {"any": answer}, **facts)
    db.session.commit()
    responses = rows(QuestionnaireResponse)
    downgrade(revision="0040")
    tables = look()

    with pytest.raises(SystemExit):
        downgrade(revision="0039")

    assert "cannot hold 1 of the answers" in caplog.text
    assert look() == tables
    assert rows(QuestionnaireResponse) == responses
    upgrade()


def test_the_way_down_refuses_what_the_desk_heard_about_anything_else(caplog):
    day = JabDay()
    check, facts = Questionnaire("check-M12", "2026-11-25", ()), {"by": day.parent, "now": NOON}
    row = respond(check, day.child.id, {"sign-1": Answer("yes")}, language="zh", **facts)
    heard = {"appointment_id": day.visit.id, "response_id": row.id, "note": "", "still": []}
    db.session.add(AskedAgain(**heard, temperature=None, at=NOON, by_id=day.vaccinator.id))
    db.session.commit()
    asked = rows(AskedAgain)
    with pytest.raises(SystemExit):
        downgrade(revision="0039")
    assert "cannot hold 1 of the rows in responses_asked_again" in caplog.text
    assert rows(AskedAgain) == asked
    upgrade()
