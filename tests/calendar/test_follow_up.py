"""The next visit, booked from the page of this one on behalf of the family."""

from datetime import time, timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from clinic.accounts.models import Role
from clinic.audit.trail import AuditEvent
from clinic.booking import on_behalf
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.models import Appointment, Channel
from clinic.scheduling.references import spoken
from clinic.scheduling.verdict.slot_times import slots_for
from tests.controls import words
from tests.makes import NOON, make_appointment, make_child, make_service, make_slot, make_stock
from tests.pages import rows, values
from tests.queries import count_queries
from tests.vaccination.doses.site import BABY, live
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")
TODAY = clinic_day(NOON)
IN_TWO_WEEKS = TODAY + timedelta(weeks=2)
HTMX = {"HX-Request": "true"}


class Practice(World):
    """A clinician and a colleague of one centre; both are there today and in two weeks."""

    def __init__(self, app, kind="rehab", **child):
        super().__init__(kind, minutes=15)
        self.check = make_service(name_zh="儿科门诊")
        self.also_gives(self.check)
        self.today = self.open(TODAY, opens=time(14), closes=time(16)).slots
        self.later = self.open(IN_TWO_WEEKS).slots
        self.theirs = self.open(IN_TWO_WEEKS, self.colleague(name_zh="吴医生")).slots
        self.child = make_child(self.parent, **child)
        self.visit = make_appointment(self.child, self.service, self.today[0], by=self.parent)
        self.url = f"/calendar/appointments/{self.visit.id}"
        self.client = app.test_client().sign_in(self.clinician)

    def ask(self, **query):
        return self.client.get(f"{self.url}/follow-up", query_string=query)

    def press(self, slot, service=None, headers=None, tampered=False, **more):
        slot_id = slot.id if slot else ""
        data = {"service": (service or self.service).id, "slot": slot_id, "key": "abcdefgh1"}
        return self.client.post(
            f"{self.url}/follow-up", data=data | more, headers=headers, tampered=tampered
        )

    def booked(self):
        query = db.session.query(Appointment).filter(Appointment.id != self.visit.id)
        return query.order_by(Appointment.id).all()


@pytest.fixture
def practice(app):
    return Practice(app)


def slots_on(page):
    return [int(text) for text in values(page.text, "[name=slot]", "value")]


@pytest.mark.parametrize(
    ("asked", "day"),
    [
        ({}, IN_TWO_WEEKS),
        ({"number": 14, "unit": "days", "by": "span"}, IN_TWO_WEEKS),
        ({"number": 2, "unit": "weeks", "by": "span", "day": "2026-03-02"}, IN_TWO_WEEKS),
        ({"number": 9, "unit": "weeks", "by": "day", "day": "2026-03-16"}, IN_TWO_WEEKS),
        ({"number": "many", "unit": "moons"}, IN_TWO_WEEKS),
        ({"day": "2020-01-01"}, TODAY),
        ({"day": "2100-12-31"}, TODAY + timedelta(days=400)),
        ({"day": "9999-12-31"}, IN_TWO_WEEKS),
        ({"number": 10**9, "unit": "weeks"}, TODAY + timedelta(days=57 * 7)),
        ({"number": -4}, TODAY),
    ],
)
def test_the_day_that_is_asked_for(practice, asked, day):
    page = practice.ask(**asked)
    assert page.status_code == 200
    assert f'type="date" name="day" value="{day.isoformat()}"' in page.text


def test_the_own_times_come_first(practice):
    page = practice.ask()
    assert slots_on(page) == [one.id for one in (*practice.later, *practice.theirs)]
    assert page.text.index("您的时间") < page.text.index("其他人的时间")


def test_a_day_without_times_says_so_and_which_days_follow(practice):
    page = practice.ask(day=(IN_TWO_WEEKS - timedelta(days=3)).isoformat())
    assert slots_on(page) == []
    assert f'name="day" value="{IN_TWO_WEEKS.isoformat()}"' in page.text


def test_it_is_booked_for_the_family_and_says_who_did_it(practice):
    slot = practice.later[2]
    answer = practice.press(slot)
    assert answer.status_code == 303
    (made,) = practice.booked()
    assert (made.child_id, made.slot_id) == (practice.child.id, slot.id)
    assert made.booking.channel is Channel.DESK
    event = db.session.query(AuditEvent).filter_by(action="book", subject_id=made.id).one()
    assert event.actor_id == practice.clinician.id
    reference = spoken(made.booking.reference)
    assert reference in practice.client.get(answer.location).text
    family = practice.client.sign_in(practice.parent)
    assert reference in family.get(f"/appointments/{made.id}").text


def test_pressed_twice_it_is_booked_once(practice):
    for _ in range(2):
        assert practice.press(practice.later[0]).status_code == 303
    assert len(practice.booked()) == 1


def test_htmx_gets_the_part_alone_with_the_reference(practice):
    answer = practice.press(practice.later[0], headers=HTMX)
    assert "<html" not in answer.text
    (made,) = practice.booked()
    assert spoken(made.booking.reference) in answer.text
    assert slots_on(answer) == []


def test_another_service_of_the_centre(practice):
    assert practice.press(practice.later[0], practice.check).status_code == 303
    assert practice.booked()[0].service_id == practice.check.id


def test_what_the_centre_does_not_give_is_not_booked(practice):
    elsewhere = make_service("rehab")
    slot = make_slot(elsewhere, day=IN_TWO_WEEKS)
    assert practice.press(slot, elsewhere).status_code == 422
    assert practice.booked() == []


def test_a_time_that_has_just_gone_is_said_with_others(practice):
    other = make_child(name="赵子沐")
    on_behalf.book_for(
        other,
        practice.service,
        slots_for(practice.service, practice.later[0].id),
        by=practice.clinician,
        key="another",
        now=NOON,
    )
    day = {"day": IN_TWO_WEEKS.isoformat()}
    answer = practice.press(practice.later[0], **day)
    assert answer.status_code == 422
    assert "刚刚被约走" in answer.text
    assert practice.later[1].id in slots_on(answer)


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_a_visit_of_the_child_at_that_time_is_named(practice, where, headers):
    slot, service = practice.theirs[0], practice.service
    if where == "elsewhere":
        service = make_service(name_zh="儿童保健")
        slot = make_slot(service, day=IN_TWO_WEEKS)
    busy = on_behalf.book_for(
        practice.child,
        service,
        slots_for(service, slot.id),
        by=practice.clinician,
        key="another",
        now=NOON,
    )
    answer = practice.press(practice.later[0], headers=headers)
    assert answer.status_code == 422
    (said,) = rows(answer.text, ".notice-warn")
    assert busy.centre.name_zh in said
    assert busy.service.name_zh in said
    assert "09:00" in said
    assert practice.booked() == [busy]


@pytest.mark.parametrize("bad", ["", "short", "x" * 41])
def test_nothing_chosen_or_a_key_that_is_none_is_said(practice, bad):
    assert practice.press(None).status_code == 422
    answer = practice.press(practice.later[0], key=bad)
    assert answer.status_code == 422
    assert "请选择时间" in answer.text
    assert practice.booked() == []


def test_another_clinician_cannot(practice):
    practice.client.sign_in(practice.staff(Role.CLINICIAN))
    assert practice.ask().status_code == 404
    assert practice.press(practice.later[0]).status_code == 404


def test_it_asks_as_often_for_one_time_as_for_many(practice):
    day = IN_TWO_WEEKS + timedelta(days=7)
    practice.open(day, closes=time(9, 15))
    practice.ask(day=day.isoformat())
    one = count_queries(lambda: practice.ask(day=day.isoformat()))
    assert count_queries(practice.ask) == one


def test_the_visits_page_lists_what_is_booked_already(practice):
    practice.press(practice.later[0])
    practice.client.get(practice.url)  # the flash is shown once
    page = practice.client.get(practice.url).text
    assert spoken(practice.booked()[0].booking.reference) in page


@pytest.fixture
def jabs(app):
    """The same for a baby who comes to be vaccinated, and everything in stock."""
    made = Practice(app, "vaccination", birth_date=BABY)
    make_stock(made.centre)
    return made


def test_what_is_also_due_is_booked_for_that_dose_alone(jabs):
    page = jabs.client.get(jabs.url).text
    assert f"/follow-up?service={jabs.service.id}&amp;number=0&amp;unit=days&amp;need=HEPB" in page
    shown = jabs.ask(service=jabs.service.id, need="HEPB", day=IN_TWO_WEEKS.isoformat())
    assert values(shown.text, "[name=need]:checked", "value") == ["HEPB"]
    answer = jabs.press(jabs.later[0], need=["", "HEPB"])
    assert answer.status_code == 303
    assert [series for series, *_ in live()] == ["HEPB"]


def test_a_dose_that_is_not_legal_that_day_is_refused_and_said(jabs):
    (before,) = jabs.today[0:1]
    shown = jabs.ask(need="MMR", day=before.starts_at.date().isoformat())
    assert slots_on(shown) == []
    assert "3月10日" in shown.text
    answer = jabs.press(jabs.today[3], need=["", "MMR"], tampered=True)
    assert answer.status_code == 422
    assert jabs.booked() == []


def test_who_books_nothing_in_particular_comes_with_a_question(jabs):
    assert jabs.press(jabs.later[0], need="").status_code == 303
    assert live() == []


def test_rubbish_needs_are_no_doses(jabs):
    assert jabs.press(jabs.later[0], need=["", "<script>"]).status_code == 303
    assert live() == []


def due_on(page):
    """What the page says is also due: the need, and whether it is booked."""
    tree = LexborHTMLParser(page)
    (part,) = [node for node in tree.css("section") if words(node).startswith("其他待完成项目")]
    return {
        line.css_first("span").text(deep=False).strip(): "已约2026" in words(line)
        for line in part.css("li")
    }


def test_what_is_due_and_booked_already_is_not_booked_again(jabs):
    before = due_on(jabs.client.get(jabs.url).text)
    assert len(before) > 2
    assert not any(before.values())
    made = jabs.press(jabs.later[0], need=["", "HEPB"], headers=HTMX)
    beside = due_on(made.text)  # what stands beside the part comes along with it
    after = due_on(jabs.client.get(jabs.url).text)
    assert beside == after
    assert after.keys() == before.keys()
    assert [one for one, is_booked in after.items() if is_booked] == [
        one for one in after if "乙肝" in one
    ]
