"""Several at once, waiting, new times: the pages, as parents use them."""

from datetime import date, time, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from clinic.accounts.models import Role
from clinic.clock import at, day_bounds
from clinic.db import db
from clinic.scheduling.appointments import booking, new_times
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.kinds import Away, Close
from clinic.scheduling.models import Appointment, Booking, Hold, Slot, WaitlistEntry
from clinic.scheduling.policies.stored import set_policy
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verify import broken_promises
from clinic.scheduling.waitlist import joining, offering
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_child,
    make_guardianship,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_slot,
    make_stock,
    make_user,
)
from tests.pages import values

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.heavy("families of several children")]


def team(*services, centre=None, days=1, **kw):
    practitioner = make_practitioner(services, centre=centre)
    room = make_room(practitioner.centre)
    for n in range(days):
        make_session(practitioner, room, services, day=TOMORROW + timedelta(days=n), **kw)
    return practitioner


def buttons(page):
    """What the time buttons would post."""
    return values(page, "button.slot[name=slot]", "value")


def count(model):
    return db.session.scalar(select(func.count(model.id)))


def test_siblings_are_booked_together_and_one_is_cancelled_alone(client):
    parent = make_user()
    children = [make_child(parent, name=name) for name in ("王一禾", "王一麦")]
    service = make_service()
    team(service)
    ids = [child.id for child in children]
    address = f"/pediatrics/?child={ids[0]}&with={ids[1]}"

    chosen = buttons(client.sign_in(parent).get(address).text)[0]
    data = {"child": ids[0], "with": ids[1], "service": service.id, "slot": chosen, "any": 1}
    held = client.post("/pediatrics/holds", data=data)
    page = client.get(held.location).text
    assert all(name in page for name in ("王一禾", "王一麦"))
    booked = client.post(held.location, data={"reason": "发烧"})

    assert (count(Booking), count(Appointment)) == (1, 2)
    shown = client.get(booked.location).text
    assert "同一预约" in shown
    client.post(f"{booked.location}/cancellation", data={"reason": ""})
    standing = [
        status_of(appointment)
        for appointment in db.session.query(Appointment).order_by(Appointment.id)
    ]
    assert standing == [Status.CANCELLED, Status.BOOKED]
    assert broken_promises() == []


def test_a_check_is_followed_by_a_vaccination(client):
    parent = make_user()
    child = make_child(parent)
    check = make_service("checkups")
    vaccination = make_service("vaccination")
    checker = team(check)
    team(vaccination, centre=checker.centre)
    make_stock(checker.centre)

    page = client.sign_in(parent).get(f"/checkups/?then={vaccination.id}").text
    data = {
        "child": child.id,
        "service": check.id,
        "then": vaccination.id,
        "slot": buttons(page)[0],
    }
    held = client.post("/checkups/holds", data=data)
    client.post(held.location, data={"reason": ""})

    made = db.session.query(Appointment).order_by(Appointment.starts_at).all()
    assert [appointment.service_id for appointment in made] == [check.id, vaccination.id]
    assert made[0].ends_at <= made[1].starts_at


def test_when_one_of_several_has_gone_nothing_is_booked(client):
    parent = make_user()
    children = [make_child(parent) for _ in range(2)]
    service = make_service()
    team(service)
    ids = [child.id for child in children]
    page = client.sign_in(parent).get(f"/pediatrics/?child={ids[0]}&with={ids[1]}").text
    chosen = buttons(page)[0]
    make_appointment(service=service, slot=db.session.get_one(Slot, int(chosen.split("-")[1])))
    data = {"child": ids[0], "with": ids[1], "service": service.id, "slot": chosen}

    answer = client.post("/pediatrics/holds", data=data)

    assert answer.status_code == 409
    assert "没有约成" in answer.text
    assert (count(Hold), count(Appointment)) == (0, 1)

    instead = buttons(answer.text)
    assert len(instead) == 4
    assert chosen not in instead
    held = client.post("/pediatrics/holds", data=data | {"slot": instead[0]})
    assert (held.status_code, count(Hold)) == (303, 2)
    assert all(f'name="with" value="{one}"' in answer.text for one in ids[1:])


@pytest.mark.parametrize("slot", ["", "1-", "x", "1-2-3", "99999999999"])
def test_slots_that_make_no_sense_are_not_found(client, slot):
    parent = make_user()
    children = [make_child(parent) for _ in range(2)]
    service = make_service()
    team(service)
    ids = [child.id for child in children]
    data = {"child": ids[0], "with": ids[1], "service": service.id, "slot": slot}
    assert client.sign_in(parent).post("/pediatrics/holds", data=data).status_code == 404


def test_another_familys_child_cannot_be_brought_along(client):
    parent = make_user()
    service = make_service()
    slot = make_slot(service, capacity=2)
    data = {
        "child": make_child(parent).id,
        "with": make_child().id,
        "service": service.id,
        "slot": f"{slot.id}-{slot.id}",
    }
    assert client.sign_in(parent).post("/pediatrics/holds", data=data).status_code == 404


def test_anyone_is_one_button_a_time_and_never_refused_while_one_is_free(client):
    service = make_service()
    first = team(service)
    for _ in range(2):
        team(service, centre=first.centre)
    parent = make_user()
    child = make_child(parent)
    page = client.sign_in(parent).get("/pediatrics/").text
    assert len(buttons(page)) == 8
    assert "3位可约" in page
    chosen = buttons(page)[0]
    make_appointment(service=service, slot=db.session.get_one(Slot, int(chosen)))

    data = {"child": child.id, "service": service.id, "slot": chosen, "any": 1}
    assert client.post("/pediatrics/holds", data=data).status_code == 303
    with_them = data | {"any": ""}
    assert client.post("/pediatrics/holds", data=with_them).status_code == 409


@pytest.fixture
def rehab(app):
    """A therapist on five working days a week for five weeks, a child, and its parent."""
    service = make_service("rehab", minutes=30)
    set_policy({"release_days": 60, "per_week": 7}, service=service, centre=None, by=None, now=NOON)
    team(service, days=35, slot_minutes=30)
    parent = make_user()
    return service, parent, make_child(parent)


def course(client, rehab, **kw):
    service, _, child = rehab
    slot = db.session.query(Slot).order_by(Slot.starts_at).first()
    query = {"child": child.id, "service": service.id, "slot": slot.id, "sessions": 6} | kw
    return client.get("/rehab/course", query_string=query)


def plan_in(page):
    return next(one for one in values(page, "[name=slot]", "value") if "-" in one)


def test_a_course_is_planned_kept_and_booked_whole(client, rehab):
    service, parent, child = rehab
    client.sign_in(parent)
    assert "一个疗程 6 次" in client.get("/rehab/").text
    page = course(client, rehab, weekdays=["1", "3"]).text
    slots = plan_in(page)
    assert slots.count("-") == 5

    data = {"child": child.id, "service": service.id, "slot": slots}
    held = client.post("/rehab/holds", data=data)
    booked = client.post(held.location, data={"reason": ""})

    assert count(Appointment) == 6
    shown = client.get(booked.location).text
    assert "余下 6 次一起改期" in shown
    assert broken_promises() == []


def test_what_cannot_be_had_says_how_far_it_goes(client, rehab):
    page = course(client.sign_in(rehab[1]), rehab, sessions=20, weekdays=["1"], longest=7)
    assert page.status_code == 200
    assert "次里只能约到" in page.text
    assert "保留这些时间" not in page.text


def test_a_pattern_that_cannot_be_is_422_with_its_reason(client, rehab):
    page = course(client.sign_in(rehab[1]), rehab, gap=7, longest=3)
    assert page.status_code == 422
    assert "最长间隔不能短于最短间隔" in page.text


def test_the_rest_of_a_course_moves_together_or_ends_together(client, rehab):
    service, parent, child = rehab
    slots = plan_in(course(client.sign_in(parent), rehab, sessions=4, weekdays=["1"]).text)
    data = {"child": child.id, "service": service.id, "slot": slots}
    held = client.post("/rehab/holds", data=data)
    booked = client.post(held.location, data={"reason": ""}).location
    number = booked.rsplit("/", 1)[1]

    query = {"first": "2026-03-04", "at": "10:00", "weekdays": ["2"]}
    page = client.get(f"/rehab/remaining/{number}", query_string=query)
    moved = client.post(f"/rehab/remaining/{number}", data={"slot": plan_in(page.text)})
    assert moved.status_code == 303
    starts = [
        appointment.starts_at
        for appointment in db.session.query(Appointment).order_by(Appointment.id)
    ]
    wednesdays = [date(2026, 3, 4) + timedelta(days=7 * n) for n in range(4)]
    assert starts == [at(day, time(10)) for day in wednesdays]

    client.post(f"{booked}/cancellation", data={"reason": "", "rest": "y"})
    assert all(appointment.cancelled_at for appointment in db.session.query(Appointment))
    assert client.get(f"/rehab/remaining/{number}").location == f"/appointments/{number}"
    assert broken_promises() == []


def test_moving_what_has_gone_meanwhile_shows_a_new_plan(client, rehab):
    service, parent, child = rehab
    slots = plan_in(course(client.sign_in(parent), rehab, sessions=4, weekdays=["1"]).text)
    data = {"child": child.id, "service": service.id, "slot": slots}
    held = client.post("/rehab/holds", data=data)
    number = client.post(held.location, data={"reason": ""}).location.rsplit("/", 1)[1]
    query = {"first": "2026-03-04", "at": "10:00", "weekdays": ["2"]}
    page = client.get(f"/rehab/remaining/{number}", query_string=query)
    target = plan_in(page.text)
    make_appointment(service=service, slot=db.session.get_one(Slot, int(target.split("-")[-1])))

    answer = client.post(f"/rehab/remaining/{number}", data={"slot": target}, query_string=query)

    assert answer.status_code == 409
    assert plan_in(answer.text) != target
    stranger = client.sign_in(make_user())
    assert stranger.get(f"/rehab/remaining/{number}").status_code == 404


@pytest.mark.parametrize(
    "odd",
    [
        {"longest": "999999999"},
        {"gap": "1", "longest": "99999999"},
        {"gap": "-3", "longest": "-1"},
        {"practitioner": "²"},
        {"weekdays": "9"},
        {"sessions": "999"},
        {"first": "9999-12-31"},
        {"first": "0001-01-01"},
        {"at": "25:00"},
    ],
)
def test_what_nobody_would_choose_is_planned_kindly_or_refused(client, rehab, odd):
    service, parent, child = rehab
    slots = plan_in(course(client.sign_in(parent), rehab, sessions=4, weekdays=["1"]).text)
    data = {"child": child.id, "service": service.id, "slot": slots}
    held = client.post("/rehab/holds", data=data)
    number = client.post(held.location, data={"reason": ""}).location.rsplit("/", 1)[1]
    chosen = {"child": child.id, "service": service.id, "slot": slots.split("-")[0]}

    for url, query in (("/rehab/course", chosen), (f"/rehab/remaining/{number}", {})):
        assert client.get(url, query_string=query | odd).status_code in (200, 422)


def test_when_one_of_the_rest_was_cancelled_meanwhile_the_plan_is_shown_again(client, rehab):
    service, parent, child = rehab
    slots = plan_in(course(client.sign_in(parent), rehab, sessions=4, weekdays=["1"]).text)
    data = {"child": child.id, "service": service.id, "slot": slots}
    held = client.post("/rehab/holds", data=data)
    number = client.post(held.location, data={"reason": ""}).location.rsplit("/", 1)[1]
    url = f"/rehab/remaining/{number}"
    query = {"first": "2026-03-04", "at": "10:00", "weekdays": ["2"]}
    target = plan_in(client.get(url, query_string=query).text)
    last = db.session.query(Appointment).order_by(Appointment.id.desc()).first()
    booking.cancel(last, by=parent, online=True, now=NOON)

    answer = client.post(url, data={"slot": target}, query_string=query)

    assert answer.status_code == 409
    assert "其中有的预约刚刚变动过" in answer.text
    assert len(plan_in(answer.text).split("-")) == 3


WISH = {"weekdays": list(range(7)), "parts": ["morning", "afternoon"], "last_day": "2026-03-09"}


@pytest.fixture
def full(app):
    """A service whose one place tomorrow is taken, and who has it."""
    service = make_service()
    slot = make_slot(service, closes=time(9, 15))
    return service, slot, make_appointment(service=service, slot=slot)


def test_a_family_waits_gets_an_offer_and_takes_it(client, full):
    service, slot, taken = full
    parent = make_user()
    child = make_child(parent)
    client.sign_in(parent)
    page = client.get("/pediatrics/?day=2026-03-03").text
    assert "这一天已约满" in page
    assert "/pediatrics/waitlist?" in page
    wish = WISH | {"children": [child.id], "service": service.id, "centres": [slot.centre_id]}
    assert client.post("/pediatrics/waitlist", data=wish).status_code == 303
    assert "候补中" in client.get("/appointments/").text

    booking.cancel(taken, by=parent, online=False, now=NOON)
    page = client.get("/appointments/").text
    (offer,) = values(page, 'a[href^="/pediatrics/holds/"]', "href")
    assert "为您保留的号" in page
    assert "您候补的号有了" in client.get("/").text
    booked = client.post(offer, data={"reason": ""})

    assert booked.status_code == 303
    page = client.get("/appointments/").text
    assert "候补中" not in page
    assert "为您保留的号" not in page


def test_an_offer_that_is_over_says_so(client, full):
    service, slot, taken = full
    parent = make_user()
    child = make_child(parent)
    joining.join(
        parent,
        [child],
        service,
        [slot.centre],
        weekdays=range(7),
        parts=["morning"],
        first_day=TOMORROW,
        last_day=TOMORROW,
        now=NOON,
    )
    booking.cancel(taken, by=parent, online=False, now=NOON)
    [lead] = offering.live_offers(db.session.query(WaitlistEntry).one().id)
    lead.expires_at = NOON
    offer = f"/pediatrics/holds/{lead.id}"

    client.sign_in(parent)
    assert "这个候补名额已过期" in client.get(offer).text
    answer = client.post(offer, data={"reason": ""})
    assert answer.status_code == 422
    assert "这个候补名额已过期" in answer.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"children": []}, "请至少选一个孩子"),
        ({"centres": []}, "请至少选一家中心"),
        ({"parts": []}, "请至少选一个时段"),
        ({"weekdays": []}, "请至少选择一个星期几"),
        ({"last_day": ""}, "请输入日期。"),
        ({"last_day": "2026-03-01"}, "所选条件下不会有号"),
        ({"last_day": "2027-03-01"}, "候补最长 90 天"),
    ],
)
def test_a_wish_that_cannot_be_says_why_and_keeps_what_was_typed(client, full, wrong, said):
    service, slot, _ = full
    parent = make_user()
    wish = WISH | {
        "children": [make_child(parent).id],
        "service": service.id,
        "centres": [slot.centre_id],
    }
    answer = client.sign_in(parent).post("/pediatrics/waitlist", data=wish | wrong)
    assert answer.status_code == 422
    assert said in answer.text
    assert count(WaitlistEntry) == 0


def test_a_wish_is_nobody_elses_business(client, full):
    service, slot, _ = full
    parent = make_user()
    children = [make_child(parent) for _ in range(2)]
    entry = joining.join(
        parent,
        children,
        service,
        [slot.centre],
        weekdays=range(7),
        parts=["morning"],
        first_day=TOMORROW,
        last_day=TOMORROW,
        now=NOON,
    )
    other = make_user()
    make_guardianship(other, children[0])  # of one of the two only
    leave = f"/pediatrics/waitlist/{entry.id}/leave"
    for stranger in (other, make_user()):
        client.sign_in(stranger)
        assert client.post(leave).status_code == 404
        assert "候补中" not in client.get("/appointments/").text
    assert client.sign_in(parent).post(leave).status_code == 303
    assert db.session.get_one(WaitlistEntry, entry.id).ended_at == NOON


def test_a_guardian_of_one_child_does_not_see_the_other_in_a_booking(client):
    parent, father = make_user(), make_user()
    theirs, hers = make_child(parent, name="王一禾"), make_child(parent, name="林小满")
    make_guardianship(father, theirs)
    service = make_service()
    team(service)
    page = client.sign_in(parent).get(f"/pediatrics/?child={theirs.id}&with={hers.id}").text
    data = {
        "child": theirs.id,
        "with": hers.id,
        "service": service.id,
        "slot": buttons(page)[0],
    }
    held = client.post("/pediatrics/holds", data=data)
    booked = client.post(held.location, data={"reason": ""})
    assert "林小满" in client.get(booked.location).text
    assert "林小满" not in client.sign_in(father).get(booked.location).text


def apply(change):
    shown = applying.preview(change, now=NOON)
    db.session.commit()
    manager = make_user(Role.ADMIN)
    applying.apply(change, shown.version, by=manager, now=NOON)
    db.session.commit()


def test_a_family_whose_hours_changed_takes_a_time_that_is_kept(client):
    service = make_service()
    practitioner = team(service, days=3)
    parent, father = make_user(), make_user()
    child = make_child(parent)
    make_guardianship(father, child)
    slot = db.session.query(Slot).order_by(Slot.starts_at).first()
    lost = make_appointment(child, service, slot, by=parent)
    apply(Away(practitioner, *day_bounds(TOMORROW)))
    new_times.offer_to(lost.id, now=NOON)
    client.sign_in(father)  # any guardian may

    page = client.get("/appointments/").text
    assert "需要改期" in page
    assert "有1个预约需要改期" in client.get("/").text
    kept = values(page, 'a[href^="/pediatrics/holds/"]', "href")
    assert len(kept) == 2
    assert "需改期" in client.get(f"/appointments/{lost.id}").text
    assert client.post(kept[1], data={"reason": ""}).status_code == 303

    assert status_of(db.session.get_one(Appointment, lost.id)) is Status.BOOKED
    assert "需要改期" not in client.get("/appointments/").text
    assert client.sign_in(make_user()).get(kept[0]).status_code == 404
    assert broken_promises() == []


def test_a_family_whose_hours_changed_may_choose_another_time_or_cancel(client):
    service = make_service()
    practitioner = team(service, days=3)
    parent = make_user()
    slots = db.session.query(Slot).order_by(Slot.starts_at).all()
    moved = make_appointment(make_child(parent), service, slots[0], by=parent)
    cancelled = make_appointment(make_child(parent), service, slots[1], by=parent)
    apply(Away(practitioner, *day_bounds(TOMORROW)))

    client.sign_in(parent)
    page = client.get(f"/pediatrics/?move={moved.id}").text
    data = {
        "child": moved.child_id,
        "service": service.id,
        "move": moved.id,
        "slot": buttons(page)[0],
    }
    held = client.post("/pediatrics/holds", data=data)
    assert client.post(held.location, data={"reason": ""}).status_code == 303
    assert (
        client.post(f"/appointments/{cancelled.id}/cancellation", data={"reason": ""}).status_code
        == 303
    )
    assert [
        status_of(db.session.get_one(Appointment, appointment))
        for appointment in (moved.id, cancelled.id)
    ] == [
        Status.BOOKED,
        Status.CANCELLED,
    ]


def why(client, service, **kw):
    query = {"day": TOMORROW.isoformat(), "service": service.id} | kw
    return client.get("/pediatrics/", query_string=query).text


def test_a_day_says_why_it_has_nothing(client):
    service = make_service()
    practitioner = team(service)
    parent = make_user()
    child = make_child(parent)
    client.sign_in(parent)
    assert "这一天没有出诊" in why(client, service, day="2026-03-04")
    evening = why(client, service, part="evening")
    assert "这里没有晚间门诊" in evening
    assert "/waitlist" not in evening
    assert "最早可约：3月3日周二 09:00" in why(client, service, day="2026-03-04")

    slots = db.session.query(Slot).order_by(Slot.starts_at).all()
    make_appointment(child, service, slots[0], by=parent)
    assert "孩子在3月3日周二已有该项目的预约" in why(client, service)

    other = make_child(parent)
    centre = practitioner.centre
    apply(Close(centre, *day_bounds(TOMORROW), "消防检修", "Fire drill"))
    assert "这一天停诊：消防检修" in why(client, service, child=other.id)


def test_a_day_that_is_not_open_yet_says_when_it_opens(client):
    service = make_service()
    set_policy({"release_days": 1}, service=service, centre=None, by=None, now=NOON)
    practitioner = make_practitioner([service])
    day = TOMORROW + timedelta(days=2)
    make_session(practitioner, make_room(practitioner.centre), [service], day=day)
    parent = make_user()
    make_child(parent)
    page = why(client.sign_in(parent), service, day=day.isoformat())
    assert "3月4日周三 18:00" in page
    assert "未开放" in page


def test_a_holiday_is_called_one(client):
    service = make_service()
    parent = make_user()
    make_child(parent)
    team(service)
    with time_machine.travel(at(date(2026, 9, 28), time(9)), tick=False):
        page = why(client.sign_in(parent), service, day="2026-10-01")
    assert "法定节假日" in page
