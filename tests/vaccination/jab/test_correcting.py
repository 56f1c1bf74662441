"""The record of a dose is corrected: the dose stays, its lots' counts follow, and what it said is kept."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from clinic.accounts.models import Profession, Role
from clinic.audit.trail import AuditEvent
from clinic.db import db
from clinic.reservations.verify import broken_reservations
from clinic.scheduling.models import Question
from clinic.vaccination.jab import giving
from clinic.vaccination.jab.models import GivenDose, PostVaccinationStay
from clinic.vaccination.jab.queries import lines_of
from clinic.vaccination.jab.rules import CHECKS
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import Correction, Immunization, Source
from clinic.vaccination.record.rules import Entry
from clinic.vaccination.stock import lots
from clinic.vaccination.stock.models import VaccineLot
from clinic.vaccination.stock.verify import broken_stock
from tests.makes import NOON, TOMORROW, make_centre, make_user
from tests.vaccination.jab.at_the_jab import LOT, ON_THE_DAY, Day
from tests.vaccination.stock.stocked import MMR, Centre

RIGHT = "B7"  # the lot that was really given
LATER = ON_THE_DAY + timedelta(minutes=20)
WRONG = "wrong box scanned"


@pytest.fixture
def client(both):
    made = both.test_client()
    made.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return made


@pytest.fixture(autouse=True)
def later():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def day(client):
    """MMR was given from lot A1 and the vaccinator is signed in; the fridge has another lot too."""
    made = Day()
    made.right = made.receive(5, number=RIGHT)
    made.answer()
    (line,) = [line for line in lines_of(made.visit, TOMORROW) if line.vaccine.code == "MMR"]
    jab = giving.Jab(line, LOT, "left arm")
    giving.give(made.visit, [jab], CHECKS, by=made.vaccinator, now=ON_THE_DAY)
    db.session.commit()
    client.sign_in(made.vaccinator)
    return made


def address():
    return f"/vaccination/given/{db.session.query(GivenDose).one().id}/correction"


def form(client):
    return client.page(address()).form(holding="Save the correction")


def correct(client, **facts):
    return form(client).fill({"reason": WRONG} | facts).submit()


def row():
    db.session.expire_all()
    return db.session.query(Immunization).one()


def left(number):
    db.session.expire_all()
    return db.session.query(VaccineLot).filter_by(number=number).one().left


def on_record():
    return row().lot_number, row().site, row().performed_by_id


def test_the_right_lot_is_on_record_and_both_lots_are_counted(client, day):
    assert (left(LOT), left(RIGHT)) == (4, 5)
    answer = correct(client, lot=RIGHT)
    assert answer.location == day.page
    assert (left(LOT), left(RIGHT)) == (5, 4)
    assert (row().lot_number, row().voided_at) == (RIGHT, None)
    assert db.session.query(GivenDose).one().lot_id == day.right.id
    assert broken_stock() == broken_reservations() == []
    assert day.counts() == (9, 0)
    (kept,) = db.session.query(Correction).all()
    assert (kept.was, kept.reason, kept.by_id) == (
        {"lot_number": LOT, "manufacturer": "北京生物"},
        WRONG,
        day.vaccinator.id,
    )
    (event,) = db.session.query(AuditEvent).filter_by(action="corrected")
    assert (event.details["old"]["lot_number"], event.details["new"]["lot_number"]) == (LOT, RIGHT)
    assert len(recording.history_of(day.child.id)) == 1  # it is not due again


def test_staff_read_what_it_said_before_and_the_report_says_what_is_right(client, day):
    correct(client, lot=RIGHT, site="right arm")
    said = f"by {day.vaccinator.name}. Before: lot {LOT}, Left arm. Why: {WRONG}"
    assert said in client.page(day.page).words
    assert said in client.page(f"{day.page}/record").words
    report = client.page(f"{day.page}/reaction/report").words
    assert RIGHT in report
    assert LOT not in report
    assert db.session.query(PostVaccinationStay).one().left_at is None
    client.sign_in(day.parent)
    certificate = client.page(f"/vaccination/children/{day.child.id}/certificate").words
    assert RIGHT in certificate
    assert WRONG not in certificate


def test_site_and_who_gave_it_are_corrected_without_touching_the_stock(client, day):
    other = make_user(
        Role.CLINICIAN, profession=Profession.VACCINATOR, centre=day.practitioner.centre
    )
    db.session.commit()
    assert correct(client, site="right thigh", giver=str(other.id)).location == day.page
    assert on_record() == (LOT, "right thigh", other.id)
    assert (left(LOT), left(RIGHT)) == (4, 5)
    assert correct(client, number=RIGHT.lower()).location == day.page  # again, typed
    assert on_record() == (RIGHT, "right thigh", other.id)
    assert [
        correction.number for correction in db.session.query(Correction).order_by(Correction.id)
    ] == [1, 2]


def test_the_same_form_again_is_saved_once(client, day):
    filled = form(client).fill(lot=RIGHT, reason=WRONG)
    assert [filled.submit().status for _ in range(2)] == [303, 303]
    assert db.session.query(Correction).count() == 1
    assert (left(LOT), left(RIGHT)) == (5, 4)


@pytest.mark.parametrize(
    ("facts", "bad", "sentence"),
    [
        ({}, "lot", "This is what the record says already."),
        ({"lot": RIGHT, "reason": ""}, "reason", "Write down why, in at most 120 characters."),
        ({"number": "Z9"}, "lot", "This lot is of another vaccine, or of another centre."),
        ({"number": "HEPB"}, "lot", "This lot is of another vaccine, or of another centre."),
        ({"number": "ELSEWHERE"}, "lot", "This lot is of another vaccine, or of another centre."),
        ({"number": "OVER"}, "lot", "This lot expired on Mon 2 Mar."),
        ({"number": "EMPTY"}, "lot", "Nothing is left of this lot."),
        ({"number": "WARM"}, "lot", "This lot is recalled."),
    ],
)
def test_what_is_not_right_is_said_and_nothing_changes(client, day, facts, bad, sentence):
    Centre().receive(5, number="ELSEWHERE")
    day.receive(5, vaccine="HepB", number="HEPB")
    day.receive(5, number="OVER", expires_on=TOMORROW - timedelta(days=1))
    lots.waste(day.receive(1, number="EMPTY"), 1, "fell", by=day.nurse, now=NOON)
    lots.recall(day.receive(5, number="WARM"), "warm", by=day.nurse, now=NOON)
    db.session.commit()
    answer = correct(client, **facts)
    assert (answer.status, answer.errors[bad].split(". ")[0].rstrip(".")) == (
        422,
        sentence.rstrip("."),
    )
    for name, value in facts.items():
        assert answer.form(holding="Save the correction").fields[name] == value
    assert on_record() == (LOT, "left arm", day.vaccinator.id)
    assert db.session.query(Correction).count() == 0
    assert left(LOT) == 4


@pytest.mark.parametrize(
    "facts",
    [{"site": "mouth"}, {"site": ""}, {"giver": "999"}, {"giver": "x"}, {"reason": "x" * 121}],
)
def test_tampered_choices_are_refused(client, day, facts):
    answer = form(client).fill({"reason": WRONG} | facts, tampered=True).submit()
    assert (answer.status, list(answer.errors)) == (422, list(facts))
    assert on_record() == (LOT, "left arm", day.vaccinator.id)


def test_a_lot_that_was_recalled_since_is_put_on_record(client, day):
    lots.recall(day.right, "warm", by=day.nurse, now=LATER - timedelta(minutes=5))
    db.session.commit()
    assert correct(client, number=RIGHT).location == day.page
    assert (left(LOT), left(RIGHT)) == (5, 4)
    assert day.counts() == (5, 0)


def test_a_visit_that_loses_its_dose_by_it_is_asked_about(client, day):
    """Lot A1 was recalled; of the other lot one dose is left, and it is reserved."""
    lots.waste(day.right, 4, "fell", by=day.nurse, now=NOON)
    lots.recall(day.lot, "warm", by=day.nurse, now=LATER - timedelta(minutes=5))
    other = Centre.visit(day, MMR, by=day.parent)
    assert day.counts() == (1, 1)
    assert correct(client, lot=RIGHT).location == day.page
    assert day.counts() == (0, 0)
    db.session.refresh(other)
    assert other.question is Question.NO_DOSE


def test_what_comes_back_is_reserved_for_a_visit_that_had_lost_its_dose(client, day):
    other = Centre.visit(day, MMR, by=day.parent)
    lots.recall(day.right, "warm", by=day.nurse, now=LATER - timedelta(minutes=5))
    lots.waste(day.lot, 4, "fell", by=day.nurse, now=LATER)
    db.session.commit()
    assert day.counts() == (0, 0)
    assert correct(client, number=RIGHT).location == day.page
    db.session.refresh(other)
    assert day.counts() == (1, 1)
    assert other.question is None


def test_who_comes_second_is_told_and_what_they_typed_stays(client, day):
    second = form(client).fill(lot=RIGHT, reason="mine")
    correct(client, site="right arm")
    answer = second.submit()
    assert (answer.status, answer.errors["reason"]) == (
        409,
        "Somebody changed this record just now. Please look at it again.",
    )
    assert "Before: Left arm" in answer.words
    shown = answer.form(holding="Save the correction")
    assert (shown.fields["lot"], shown.fields["reason"]) == (RIGHT, "mine")
    assert on_record() == (LOT, "right arm", day.vaccinator.id)
    assert shown.fill(site="right arm").submit().status == 303
    assert on_record() == (RIGHT, "right arm", day.vaccinator.id)


def test_what_was_taken_back_meanwhile_is_not_corrected(client, day):
    open_form = form(client).fill(lot=RIGHT, reason=WRONG)
    recording.void(row(), by=day.vaccinator, reason="another child", now=LATER)
    db.session.commit()
    answer = open_form.submit()
    assert answer.status == 409
    assert "This record was taken back" in answer.words
    assert (row().lot_number, left(RIGHT)) == (LOT, 5)
    assert "This record was taken back" in client.page(address()).words


def test_what_was_corrected_meanwhile_is_not_taken_back_unseen(client, day):
    page = client.page(f"{day.page}/record").form(holding="Take back")
    correct(client, lot=RIGHT)
    answer = page.fill({f"reason-{row().id}": "wrong lot"}).submit()
    assert answer.status == 409
    assert row().voided_at is None
    again = answer.form(holding="Take back")
    assert again.fields[f"reason-{row().id}"] == "wrong lot"
    assert again.submit().status == 303
    assert row().voided_at == LATER


def test_only_clinicians_of_that_centre(client, day):
    page = address()
    for role, centre, status in [
        (Role.CLINICIAN, make_centre(), 404),
        (Role.RECEPTION, day.practitioner.centre, 403),
    ]:
        profession = Profession.VACCINATOR
        client.sign_in(make_user(role, centre=centre, profession=profession))
        client.page(page, status=status)
    entries = [Entry("BCG", date(2025, 4, 1))]
    recording.record(day.child, entries, by=day.parent, source=Source.BOOKLET, now=NOON)
    db.session.commit()
    client.sign_in(day.vaccinator)
    links = client.page(f"{day.page}/record").tree.css("a[href$=correction]")
    assert len(links) == 1  # not what a family entered


def test_what_was_kept_cannot_be_changed(client, day):
    correct(client, lot=RIGHT)
    for statement in (
        "UPDATE immunization_corrections SET reason = 'x'",
        "DELETE FROM immunization_corrections",
    ):
        with pytest.raises(DBAPIError, match="append_only"):
            db.session.execute(text(statement))
        db.session.rollback()
