"""What remains of a course is moved in one flow: seen first, with what stands against it, then whole or not at all."""

from datetime import date, time, timedelta

import pytest
import time_machine

from clinic.clock import at, day_bounds, local
from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.changes.kinds import Away, Close
from clinic.scheduling.models import Appointment, Slot
from clinic.scheduling.policies.stored import set_policy
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, TOMORROW, make_appointment, make_booking
from tests.world import World

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.heavy("courses of many sessions")]
WEEKS = [TOMORROW + timedelta(weeks=n) for n in range(4)]  # Tuesdays


class Course(World):
    """Four Tuesdays at nine, and free hours on every day of eight weeks."""

    def __init__(self, app):
        super().__init__("rehab", minutes=30)
        policy = {"release_days": 60, "per_week": 7}
        set_policy(policy, service=self.service, centre=None, by=None, now=NOON)
        self.days = {
            day: self.open(day, slot_minutes=30)
            for day in (TOMORROW + timedelta(days=n) for n in range(56))
        }
        wanted = [self.request(self.child, session=self.days[day]) for day in WEEKS]
        self.ids = [visit.id for visit in make_booking(*wanted, by=self.parent)]
        self.client = app.test_client().sign_in(self.parent)

    def times(self):
        db.session.expire_all()
        rows = [db.session.get_one(Appointment, appointment) for appointment in self.ids]
        return [f"{local(row.starts_at):%m-%d %H:%M}" for row in rows if not row.displaced_at]


@pytest.fixture
def course(both):
    return Course(both)


def plan_form(page):
    return next(form for form in page.forms if form.method == "post" and "slot" in form.names)


@pytest.mark.parametrize("start", ["list", "visit"])
def test_a_course_that_a_leave_hits_is_moved_from_where_the_family_reads_of_it(course, start):
    course.do(Away(course.practitioner, *day_bounds(WEEKS[1])))
    address = "/appointments/" if start == "list" else f"/appointments/{course.ids[1]}"
    page = course.client.page(address).click("余下 4 次一起改期")
    form = page.form(holding="weekdays").fill(weekdays=["3"], first="2026-03-05", at="10:00")
    plan_form(form.submit()).submit().follow()
    assert course.times() == [f"03-{day:02} 10:00" for day in (5, 12, 19, 26)]
    assert broken_promises() == []


def test_the_plan_says_from_when_each_session_moves_and_why_a_day_is_another(course):
    shut = at(date(2026, 3, 12), time(0))
    change = Close(course.centre, shut, shut + timedelta(days=1), "消防检修", "Fire drill", None)
    course.do(change)
    page = course.client.page(f"/rehab/remaining/{course.ids[0]}?weekdays=3&first=2026-03-05")
    rows = page.rows(".plan li")
    assert "3月3日周二 09:00" in rows[0]
    assert "3月5日周四 09:00" in rows[0]
    assert "3月12日" in rows[1]
    assert "消防检修" in rows[1]


def test_when_a_time_goes_under_the_hand_the_plan_is_made_anew_and_nothing_is_lost(course):
    page = course.client.page(f"/rehab/remaining/{course.ids[0]}")
    asking = page.form(holding="weekdays").fill(weekdays=["3"], first="2026-03-05", at="10:00")
    page = asking.submit()
    shown = plan_form(page)
    last = int(shown.fields["slot"].split("-")[-1])
    make_appointment(service=course.service, slot=db.session.get_one(Slot, last))

    again = shown.submit()

    assert again.status == 409
    assert course.times() == [f"03-{week.day:02} 09:00" for week in WEEKS]
    kept = again.form(holding="weekdays").fields
    assert (kept.getlist("weekdays"), kept["first"], kept["at"]) == (["3"], "2026-03-05", "10:00")
    plan_form(again).submit().follow()
    assert course.times()[:3] == ["03-05 10:00", "03-12 10:00", "03-19 10:00"]


def test_its_own_times_are_free_for_what_moves(course):
    weekly = "weekdays=1&longest=7&gap=7"
    page = course.client.page(f"/rehab/remaining/{course.ids[0]}?{weekly}")
    assert page.rows(".plan li .num") == [f"3月{week.day}日周二 09:00" for week in WEEKS]
    assert page.rows(".plan .tag") == []
    plan_form(page).submit().follow()
    assert course.times() == [f"03-{week.day:02} 09:00" for week in WEEKS]
    assert broken_promises() == []


def test_what_is_too_near_stays_and_the_others_move(course):
    first = db.session.get_one(Appointment, course.ids[0])
    with time_machine.travel(first.starts_at - timedelta(minutes=5), tick=False):
        course.client.sign_in(course.parent)
        page = course.client.page(f"/appointments/{course.ids[1]}").click("余下 3 次一起改期")
        form = page.form(holding="weekdays").fill(weekdays=["4"], first="2026-03-13")
        plan_form(form.submit()).submit().follow()
    assert course.times() == ["03-03 09:00", "03-13 09:00", "03-20 09:00", "03-27 09:00"]


@pytest.mark.parametrize("count", [2, 7, 10, 13, 40])
def test_any_number_of_sessions_can_be_planned_and_is_kept_on_the_way_back(course, count):
    first = course.days[TOMORROW + timedelta(days=1)].slots[0].id
    asked = f"child={course.child.id}&service={course.service.id}"
    page = course.client.page(f"/rehab/course?{asked}&slot={first}&sessions={count}")
    asking = next(form for form in page.forms if form.method == "get")
    assert asking.fields["sessions"] == str(count)
    back = page.click("返回")
    assert back.form("wish").fields["sessions"] == str(count)


@pytest.mark.parametrize(
    ("count", "said"), [("41", "最多可约 40 次"), ("1", "至少"), ("x", "至少"), ("0", "至少")]
)
def test_a_number_that_cannot_be_is_said(course, count, said):
    first = course.days[TOMORROW + timedelta(days=1)].slots[0].id
    asked = f"child={course.child.id}&service={course.service.id}"
    address = f"/rehab/course?{asked}&slot={first}&sessions={count}"
    assert said in course.client.page(address, status=422).words


def test_what_was_cancelled_while_it_was_seen_is_no_dead_end(course):
    address = f"/rehab/remaining/{course.ids[0]}"
    for number in course.ids:
        one = db.session.get_one(Appointment, number)
        booking.cancel(one, by=course.parent, online=True, now=NOON)
    db.session.commit()
    page = course.client.page(address, status=303).follow()
    assert "已不能在线改期" in page.text
