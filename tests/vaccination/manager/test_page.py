"""A manager counts the vaccines of the centre."""

from datetime import date, timedelta

import pytest
import time_machine

from clinic.accounts.contacts import masked_contact
from clinic.accounts.models import Role
from clinic.audit import AuditEvent
from clinic.db import db
from clinic.reservations.verify import broken_reservations
from clinic.vaccination.stock import lots, reserving
from clinic.vaccination.stock.models import Stock, VaccineLot
from clinic.vaccination.stock.verify import broken_stock
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_centre,
    make_practitioner,
    make_service,
    make_slot,
    make_user,
)
from tests.pages import values
from tests.queries import count_queries
from tests.vaccination.jab.at_the_jab import GOOD, ON_THE_DAY, Day

pytestmark = pytest.mark.usefixtures("noon")
BOX = {
    "vaccine": "MMR",
    "manufacturer": "北京生物",
    "number": "202601A",
    "expires_on": "2027-03-01",
    "doses": "20",
}


@pytest.fixture
def centre(app):
    return make_centre()


@pytest.fixture
def manager(client, centre):
    return client.sign_in(make_user(Role.MANAGER, centre=centre))


def receive(centre, doses=10, number="A1", expires_on=date(2027, 3, 1), vaccine="MMR"):
    product = lots.product_of(vaccine, "北京生物")
    facts = (centre.id, product, number, expires_on, doses)
    lot = lots.receive(*facts, by=make_user(), now=NOON)
    db.session.commit()
    return lot


def on_hand():
    db.session.expire_all()
    return [(row.vaccine, row.on_hand, row.reserved) for row in db.session.query(Stock)]


def test_no_expired_dose_is_on_hand_and_none_is_reserved_for_a_past_visit(manager, centre):
    receive(centre, 10, "OLD", date(2026, 3, 4))
    receive(centre, 3, "NEW")
    service = make_service("vaccination")
    slot = make_slot(service, practitioner=make_practitioner([service], centre=centre))
    visit = make_appointment(service=service, slot=slot)
    dose = reserving.DoseToReserve("MMR", "MMR", 1)
    reserving.reserve([dose], appointment=visit, by=make_user(), now=NOON)
    assert "库存 13 剂 · 已预留 1 剂" in manager.page("/manage/stock").words
    with time_machine.travel(NOON + timedelta(days=3), tick=False):
        words = manager.page("/manage/stock").words
    assert "库存 3 剂 · 已预留 0 剂" in words


def test_an_empty_fridge_says_so(manager):
    page = manager.get("/manage/stock")
    assert page.status_code == 200
    assert "没有疫苗库存" in page.text
    assert "/manage/stock" in manager.get("/manage/").text


def test_what_comes_is_counted_and_shown(manager):
    answer = manager.post("/manage/stock", data=BOX)
    assert answer.status_code == 303
    assert on_hand() == [("MMR", 20, 0)]
    page = manager.get(answer.location).text
    assert "202601A" in page
    assert "麻腮风疫苗" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("vaccine", "nonsense"),
        ("manufacturer", " "),
        ("number", ""),
        ("expires_on", ""),
        ("expires_on", "soon"),
        ("expires_on", "2026-03-01"),
        ("doses", "0"),
        ("doses", "many"),
        ("doses", "5001"),
    ],
)
def test_a_bad_box_is_said_beside_its_field(manager, field, value):
    answer = manager.post("/manage/stock", data=BOX | {field: value})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert on_hand() == []


def change(manager, lot, action, **fields):
    data = {f"{action}-{lot.id}-{name}": value for name, value in fields.items()}
    return manager.post(f"/manage/stock/{lot.id}/{action}", data=data)


def test_doses_spoil(manager, centre):
    lot = receive(centre)
    assert change(manager, lot, "waste", doses="3", reason="冰箱断电").status_code == 303
    assert on_hand() == [("MMR", 7, 0)]


@pytest.mark.parametrize(
    ("action", "fields", "wrong"),
    [
        ("waste", {"doses": "11", "reason": "x"}, "doses"),
        ("waste", {"doses": "", "reason": "x"}, "doses"),
        ("waste", {"doses": "1", "reason": ""}, "reason"),
    ],
)
def test_a_bad_change_is_said_beside_its_field(manager, centre, action, fields, wrong):
    lot = receive(centre)
    answer = change(manager, lot, action, **fields)
    assert answer.status_code == 422
    assert f'id="{action}-{lot.id}-{wrong}-error"' in answer.text
    assert values(answer.text, "details[open]", "open")
    assert on_hand() == [("MMR", 10, 0)]


@pytest.fixture
def slot(centre):
    service = make_service("vaccination")
    return make_slot(service, practitioner=make_practitioner([service], centre=centre))


def visit_with_dose(slot, number=0):
    """A visit with a dose reserved for it, at that time of the session."""
    slot = slot.clinic_session.slots[number]
    visit = make_appointment(service=slot.clinic_session.practitioner.services[0], slot=slot)
    dose = reserving.DoseToReserve("MMR", "MMR", 1)
    reserving.reserve([dose], appointment=visit, by=make_user(), now=NOON)
    db.session.commit()
    return visit


def recall_page(manager, lot):
    """The page that a press on "recall" opens."""
    return manager.page("/manage/stock").click(f"召回这一批号 {lot.number}")


def test_a_recall_shows_first_whom_it_concerns(manager, centre, slot):
    lot = receive(centre, 2)
    visits = [visit_with_dose(slot), visit_with_dose(slot, 1)]
    page = recall_page(manager, lot)
    assert "涉及 2 个孩子" in page.words
    assert "冰箱里还有 2 剂" in page.words
    for visit in visits:
        assert visit.booking.reference in page.words
        assert masked_contact(visit.child.guardianships[0].user.phone) in page.words
    (look,) = db.session.query(AuditEvent).filter_by(action="read_list")
    assert look.details["children"] == sorted(visit.child_id for visit in visits)
    assert db.session.get(VaccineLot, lot.id).recalled_at is None

    assert page.form().fill(reason="监管通知").submit().status == 303

    words = manager.page("/manage/stock").words
    for visit in visits:
        assert visit.booking.reference in words
        assert visit.child.name not in words
    assert "已召回" in words
    assert on_hand() == [("MMR", 0, 0)]
    assert broken_stock() == broken_reservations() == []
    assert "这一批号已召回。" in manager.page(f"/manage/stock/{lot.id}/recall").words


def test_a_visit_that_another_lot_serves_is_not_concerned(manager, centre, slot):
    lot = receive(centre, 1)
    receive(centre, 1, "B2")
    visit = visit_with_dose(slot)
    page = recall_page(manager, lot)
    assert "涉及 0 个孩子" in page.words
    assert visit.booking.reference not in page.words


def test_a_visit_that_reserved_a_dose_after_it_was_shown_is_shown_first(manager, centre, slot):
    lot = receive(centre, 2)
    page = recall_page(manager, lot)
    visit = visit_with_dose(slot)
    again = page.form().fill(reason="监管通知").submit()
    assert again.status == 422
    assert visit.booking.reference in again.words
    assert again.values("[name=reason]", "value") == ["监管通知"]
    assert db.session.get(VaccineLot, lot.id).recalled_at is None
    assert again.form().submit().status == 303
    assert db.session.get(VaccineLot, lot.id).recalled_at is not None


def test_a_recall_without_a_reason_is_said_beside_it(manager, centre):
    lot = receive(centre)
    answer = recall_page(manager, lot).form().fill(reason=" ").submit()
    assert (answer.status, list(answer.errors)) == (422, ["reason"])
    assert on_hand() == [("MMR", 10, 0)]


def test_a_visit_that_lost_its_dose_has_one_reserved_again_when_some_come(manager, centre, slot):
    lot = receive(centre)
    visit = visit_with_dose(slot)
    recall_page(manager, lot).form().fill(reason="监管通知").submit()
    receive(centre, number="B2")
    dose = reserving.DoseToReserve("MMR", "MMR", 1)
    reserving.reserve([dose], appointment=visit, by=make_user(), now=NOON)
    assert visit.booking.reference not in manager.get("/manage/stock").text


def test_a_recall_says_who_was_given_it_though_nothing_is_left(client):
    day = Day(doses=1)
    day.answer()
    giver = client.sign_in(day.vaccinator)
    with time_machine.travel(ON_THE_DAY, tick=False):
        assert giver.post(day.page, data=GOOD).location == day.page
        db.session.rollback()
        manager = giver.sign_in(make_user(Role.MANAGER, centre=day.practitioner.centre))
        page = manager.get("/manage/stock").text
        assert day.visit.booking.reference not in page
        assert f'id="waste-{day.lot.id}-doses"' not in page  # there is none to spoil
        page = recall_page(manager, day.lot)
        assert "已接种这一批号：1 次就诊" in page.words
        assert day.visit.booking.reference in page.words
        assert page.form().fill(reason="监管通知").submit().status == 303
        page = manager.get("/manage/stock").text
    assert day.visit.booking.reference in page
    assert day.child.name not in page


@pytest.mark.parametrize(
    ("days", "said"), [(-1, "已过期"), (0, "即将过期"), (30, "即将过期"), (31, None)]
)
def test_an_expiry_that_is_near_or_past_is_marked(manager, centre, days, said):
    lot = receive(centre)
    lot.expires_on = NOON.date() + timedelta(days=days)
    page = manager.get("/manage/stock").text
    assert [one for one in ("已过期", "即将过期") if one in page] == ([said] if said else [])


def test_another_centres_lot_does_not_exist(manager):
    lot = receive(make_centre())
    assert manager.get(f"/manage/stock/{lot.id}/recall").status_code == 404
    assert manager.post(f"/manage/stock/{lot.id}/recall").status_code == 404
    assert change(manager, lot, "waste", doses="1", reason="x").status_code == 404
    assert db.session.get(VaccineLot, lot.id).recalled_at is None


def test_the_page_asks_as_often_for_one_lot_as_for_many(manager, centre):
    receive(centre)
    few = count_queries(lambda: manager.get("/manage/stock"))
    for n in range(5):
        receive(centre, number=f"N{n}", vaccine="HepB", expires_on=TOMORROW)
    assert count_queries(lambda: manager.get("/manage/stock")) == few
