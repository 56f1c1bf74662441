"""What the desk books and moves has its doses reserved, as what is booked online does."""

from datetime import timedelta

import pytest

from clinic.accounts.models import Role
from clinic.audit.trail import AuditEvent
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.models import Appointment
from tests.makes import NOON, TOMORROW, make_practitioner, make_room, make_session, make_user
from tests.pages import values
from tests.vaccination.doses.site import BABY, NEXT_WEEK, Site, live

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.heavy("many doses at the desk")]
BOTH = [("JE", "JE-L", 1), ("MMR", "MMR", 1)]


@pytest.fixture
def site(app):
    return Site(app)


@pytest.fixture
def desk(client, site):
    return client.sign_in(make_user(Role.RECEPTION, centre=site.centre, name="前台"))


def walk_in(site, slot, **kw):
    return {
        "key": "abcdefgh1",
        "channel": "desk",
        "phone": site.parent.phone.removeprefix("+86"),
        "guardian": site.parent.name,
        "relation": "mother",
        "name": site.child.name,
        "sex": "female",
        "birth_date": BABY.isoformat(),
        "agreed": "y",
        "service": site.service.id,
        "day": clinic_day(slot.starts_at).isoformat(),
        "slot": slot.id,
    } | kw


def booked():
    return db.session.query(Appointment).one()


def test_a_walk_in_for_a_vaccination_promises_what_is_usual_that_day(desk, site):
    data = walk_in(site, site.slots[NEXT_WEEK][0])
    answers = [desk.post("/desk/walk-in", data=data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert live() == BOTH


def boxes(page):
    """The values of the boxes, and which are ticked."""
    box = "[type=checkbox][name=need]"
    return values(page, box, "value"), values(page, f"{box}:checked", "value")


def times(desk, data):
    return desk.post("/desk/walk-in/times", data=data).text


def test_a_known_child_has_a_box_for_each_dose_and_the_usual_ones_are_ticked(desk, site):
    data = walk_in(site, site.slots[NEXT_WEEK][0])
    shown, ticked = boxes(times(desk, data))
    assert {f"{site.child.id}.JE", f"{site.child.id}.MMR"} == set(ticked)
    assert set(ticked) <= set(shown)
    read = db.session.query(AuditEvent).filter_by(action="read", subject_id=site.child.id).all()
    assert [audit_event.subject for audit_event in read] == ["children"]
    assert boxes(times(desk, data | {"day": TOMORROW.isoformat()}))[1] == []


def test_of_a_child_whose_doses_are_booked_it_says_so(desk, site):
    site.book(site.slots[NEXT_WEEK][0], "MMR", "JE")
    page = times(desk, walk_in(site, site.slots[NEXT_WEEK][1]))
    assert boxes(page)[1] == []
    assert 'name="without"' not in page


@pytest.mark.parametrize(
    "other",
    [{"phone": "13900139000"}, {"phone": "1"}, {"name": "王二禾"}, {"birth_date": "2025-07-11"}],
)
def test_who_is_not_known_has_no_boxes(desk, site, other):
    page = times(desk, walk_in(site, site.slots[NEXT_WEEK][0], **other))
    assert boxes(page) == ([], [])
    assert 'name="without"' in page


@pytest.mark.parametrize(
    ("ticked", "reserved"), [(["MMR"], BOTH[1:]), ([], []), (["MMR", "JE"], BOTH)]
)
def test_what_is_ticked_is_reserved_and_nothing_else(desk, site, ticked, reserved):
    need = [f"{site.child.id}.{code}" for code in ("", *ticked)]
    data = walk_in(site, site.slots[NEXT_WEEK][0], need=need)
    assert desk.post("/desk/walk-in", data=data).status_code == 303
    assert live() == reserved


def test_what_is_ticked_before_it_is_legal_is_said_and_nothing_is_booked(desk, site):
    need = [f"{site.child.id}.", f"{site.child.id}.MMR"]
    data = walk_in(site, site.slots[TOMORROW][0], need=need)
    assert "3月10日" in times(desk, data)
    answer = desk.post("/desk/walk-in", data=data)
    assert answer.status_code == 422
    assert "3月10日" in answer.text
    assert boxes(answer.text)[1] == need[1:]
    assert db.session.query(Appointment).count() == 0


def test_boxes_of_another_child_say_nothing_of_this_one(desk, site):
    data = walk_in(site, site.slots[NEXT_WEEK][0], need=["99.", "99.HEPB"])
    assert desk.post("/desk/walk-in", data=data).status_code == 303
    assert live() == BOTH


def test_the_slip_says_which_doses_are_kept(desk, site):
    data = walk_in(site, site.slots[NEXT_WEEK][0])
    slip = desk.get(desk.post("/desk/walk-in", data=data).location).text
    assert "麻腮风疫苗 第1剂" in slip


def test_on_a_day_when_nothing_may_be_given_the_family_comes_with_a_question(desk, site):
    assert desk.post("/desk/walk-in", data=walk_in(site, site.slots[TOMORROW][0])).location
    assert booked().slot_id == site.slots[TOMORROW][0].id
    assert live() == []


def test_a_walk_in_that_the_centre_has_no_dose_for_is_told_and_nothing_is_booked(desk, site):
    from tests.makes import make_stock

    practitioner = make_practitioner([site.service])
    centre = practitioner.centre
    slot = make_session(practitioner, make_room(centre), [site.service], NEXT_WEEK).slots[0]
    make_stock(centre, but=["MMR"])
    desk.sign_in(make_user(Role.RECEPTION, centre=centre))
    answer = desk.post("/desk/walk-in", data=walk_in(site, slot))
    assert answer.status_code == 422
    assert "麻腮风" in answer.text
    assert "已约完" in answer.text
    assert db.session.query(Appointment).count() == 0
    assert live() == []
    assert f"{site.child.id}.MMR" in boxes(answer.text)[1]
    data = walk_in(site, slot, need=[f"{site.child.id}."])
    assert desk.post("/desk/walk-in", data=data).status_code == 303
    assert live() == []
    assert booked().slot_id == slot.id


def chosen(desk, slot):
    """The desk's page of the visit, that time pressed on it: what would change."""
    day = clinic_day(slot.starts_at).isoformat()
    page = desk.page(f"/desk/appointments/{booked().id}/move?day={day}")
    return page.form(holding="slot").submit(button=str(slot.id))


def test_a_move_takes_its_doses_along(desk, site):
    site.book(site.slots[NEXT_WEEK][0], "MMR", "JE")
    to = site.slots[NEXT_WEEK][3]
    chosen(desk, to).press("改期").follow()
    assert booked().slot_id == to.id
    assert live() == BOTH


def test_a_move_before_the_dose_is_legal_is_refused_with_the_first_day(desk, site):
    site.book(site.slots[NEXT_WEEK][0], "MMR")
    before = booked().slot_id
    shown = chosen(desk, site.slots[TOMORROW][0])
    assert "3月10日" in shown.words
    assert not shown.has_form(holding="version")
    answer = desk.post(shown.address, data={"version": booked().version})
    assert answer.status_code == 409
    assert "3月10日" in answer.text
    assert booked().slot_id == before
    assert live() == [("MMR", "MMR", 1)]


def test_a_move_to_a_day_on_which_the_doses_are_expired_is_refused(desk, site):
    from sqlalchemy import update

    from clinic.vaccination.stock.models import VaccineLot

    site.book(site.slots[NEXT_WEEK][0], "MMR")
    before = booked().slot_id
    later = NEXT_WEEK + timedelta(days=14)
    first = db.session.get(Appointment, booked().id)
    slot = make_session(first.practitioner, first.room, [site.service], later).slots[0]
    db.session.execute(update(VaccineLot).values(expires_on=NEXT_WEEK + timedelta(days=3)))
    db.session.commit()
    shown = chosen(desk, slot)
    assert "那天没有麻腮风疫苗可约" in shown.words
    answer = desk.post(shown.address, data={"version": booked().version})
    assert answer.status_code == 409
    assert booked().slot_id == before


def test_the_desk_is_told_which_doses_a_visit_is_for(desk, site):
    site.book(site.slots[NEXT_WEEK][0], "MMR")
    assert "麻腮风疫苗 第1剂" in desk.get(f"/desk/appointments/{booked().id}").text


def test_doses_of_staffs_bookings_and_moves_on_both_engines(both):
    site = Site(both)
    desk = both.test_client().sign_in(make_user(Role.RECEPTION, centre=site.centre))
    assert desk.post("/desk/walk-in", data=walk_in(site, site.slots[NEXT_WEEK][0])).location
    assert live() == BOTH
    chosen(desk, site.slots[NEXT_WEEK][3]).press("改期").follow()
    assert live() == BOTH
    assert booked().slot_id == site.slots[NEXT_WEEK][3].id


def test_a_family_that_nobody_knew_brings_the_booklet_before_a_dose_is_reserved(desk, site):
    data = walk_in(site, site.slots[NEXT_WEEK][0], phone="13900139000", name="赵子沐")
    assert "先看接种证" in desk.post("/desk/walk-in/times", data=data).text
    assert desk.post("/desk/walk-in", data=data).status_code == 303
    assert live() == []


def test_for_a_newborn_that_nobody_knew_what_a_newborn_needs_is_reserved(desk, site):
    data = walk_in(site, site.slots[TOMORROW][0], phone="13900139000", name="赵子沐")
    data["birth_date"] = clinic_day(NOON).isoformat()
    assert desk.post("/desk/walk-in", data=data).status_code == 303
    reserved = live()
    assert ("HEPB", "HepB", 1) in reserved
    page = desk.get(f"/desk/appointments/{booked().id}").text
    assert page.count("第1剂") == len(reserved)
