"""The trail tells who looked at which child, on which page, from where; and who was refused."""

from datetime import time, timedelta

import pytest
import time_machine
from sqlalchemy import text

from clinic.accounts.models import Role
from clinic.audit import AuditEvent
from clinic.audit.looks import AGAIN_AFTER
from clinic.calendar import feeds
from clinic.clock import clinic_day
from clinic.db import db
from clinic.visits import arriving
from tests.forms import HTMX
from tests.makes import NOON, make_child, make_stock, make_user
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")
TODAY = clinic_day(NOON)


class Clinic(World):
    """A centre with one of each role, who may see one child's vaccination of this afternoon."""

    def __init__(self):
        hours = {"opens": time(14), "closes": time(17), "capacity": 4}
        super().__init__("vaccination", hours={"day": TODAY} | hours)
        make_stock(self.centre)
        self.people = {CLINICIAN: self.clinician, RECEPTION: self.reception, MANAGER: self.manager}
        self.child = make_child(self.parent, name="欧阳小满")
        self.visit = self.book(child=self.child, by=self.parent)

    def addresses(self):
        """What stands in the places of an address."""
        centre, visit = self.centre.code, self.visit.id
        return {"visit": visit, "centre": centre, "who": self.practitioner.id}


@pytest.fixture
def clinic(app):
    return Clinic()


def looks(user):
    """The rows of the trail that say at whom this user looked, the last first."""
    db.session.rollback()
    query = db.session.query(AuditEvent).filter(AuditEvent.actor_id == user.id)
    return query.filter(AuditEvent.action.in_(("read", "read_list"))).order_by(AuditEvent.id.desc())


def seen_in(event):
    return event.details["children"] if event.action == "read_list" else [event.subject_id]


RECEPTION, CLINICIAN, MANAGER = Role.RECEPTION, Role.CLINICIAN, Role.MANAGER
PAGES = [
    (RECEPTION, "desk.today", "/desk/"),
    (RECEPTION, "desk.show", "/desk/appointments/{visit}"),
    (RECEPTION, "desk.slip", "/desk/appointments/{visit}/slip"),
    (RECEPTION, "desk.cancellation", "/desk/appointments/{visit}/cancellation"),
    (RECEPTION, "desk.move", "/desk/appointments/{visit}/move"),
    (MANAGER, "desk.show", "/desk/appointments/{visit}"),
    (MANAGER, "manage.move_visit", "/manage/appointments/{visit}/move"),
    (MANAGER, "manage.away", "/manage/away?who={who}"),
    (MANAGER, "manage.closing", "/manage/closing?first=2026-03-02"),
    (MANAGER, "calendar.today", "/calendar/?centre={centre}"),
    (MANAGER, "calendar.week", "/calendar/week?centre={centre}"),
    (RECEPTION, "manage.away", "/manage/away?who={who}"),
    (CLINICIAN, "calendar.today", "/calendar/"),
    (CLINICIAN, "calendar.week", "/calendar/week"),
    (CLINICIAN, "calendar.appointment", "/calendar/appointments/{visit}"),
    (CLINICIAN, "calendar.outcome_form", "/calendar/appointments/{visit}/outcome"),
    (CLINICIAN, "calendar.follow_up", "/calendar/appointments/{visit}/follow-up"),
    (CLINICIAN, "manage.move_visit", "/manage/appointments/{visit}/move"),
    (CLINICIAN, "vaccination.visit", "/vaccination/visits/{visit}"),
    (CLINICIAN, "vaccination.record", "/vaccination/visits/{visit}/record"),
    (CLINICIAN, "vaccination.ask", "/vaccination/visits/{visit}/before"),
    (CLINICIAN, "vaccination.reaction", "/vaccination/visits/{visit}/reaction"),
]


@pytest.mark.heavy("every page as each role")
@pytest.mark.parametrize(("role", "page", "address"), PAGES)
def test_whoever_of_the_staff_sees_a_child_is_on_the_trail(client, clinic, role, page, address):
    user = clinic.people[role]
    answer = client.sign_in(user).get(address.format(**clinic.addresses()))
    assert answer.status_code == 200
    assert "欧阳小满" in answer.text
    (look,) = looks(user)
    assert seen_in(look) == [clinic.child.id]
    assert look.centre_id == clinic.centre.id
    assert (look.details["page"], look.details["method"]) == (page, "GET")
    assert look.details["sign_in"]
    assert "127.0.0.1" not in str(look.details)


REFUSED = [
    (CLINICIAN, "/vaccination/visits/{visit}"),
    (CLINICIAN, "/vaccination/visits/{visit}/record"),
    (CLINICIAN, "/vaccination/visits/{visit}/before"),
    (CLINICIAN, "/vaccination/visits/{visit}/reaction"),
    (CLINICIAN, "/calendar/appointments/{visit}/outcome"),
    (CLINICIAN, "/calendar/appointments/{visit}/follow-up"),
    (RECEPTION, "/desk/appointments/{visit}/move"),
    (MANAGER, "/manage/appointments/{visit}/move"),
]


@pytest.mark.parametrize(("role", "address"), REFUSED)
def test_what_a_refused_form_shows_was_seen_too(client, clinic, role, address):
    user = clinic.people[role]
    answer = client.sign_in(user).post(address.format(**clinic.addresses()), data={})
    assert answer.status_code in (409, 422)
    assert "欧阳小满" in answer.text
    (look,) = looks(user)
    assert seen_in(look) == [clinic.child.id]
    assert look.details["method"] == "POST"


def test_the_search_the_queue_and_the_end_of_the_day_are_looks_too(client, clinic):
    reception = clinic.people[RECEPTION]
    client.sign_in(reception)
    client.post("/desk/search", data={"q": "欧阳"})
    assert looks(reception).first().details["list"] == "search"
    ticket = arriving.check_in(clinic.visit, by=reception, now=NOON)
    client.get(f"/desk/queue?station={ticket.station}")
    assert looks(reception).first().details["list"] == "queue"
    client.get("/desk/end")
    assert looks(reception).first().details["list"] == "end of day"
    assert all(seen_in(look) == [clinic.child.id] for look in looks(reception))


def test_a_list_that_asks_again_is_noted_once_and_whoever_is_new_in_it_alone(client, clinic):
    reception = clinic.people[RECEPTION]
    client.sign_in(reception)
    for _ in range(3):
        client.get("/desk/", headers=HTMX)
    (first,) = looks(reception)
    other = clinic.book()
    client.get("/desk/", headers=HTMX)
    assert seen_in(looks(reception).first()) == [other.child_id]
    with time_machine.travel(NOON + AGAIN_AFTER + timedelta(seconds=1), tick=False):
        client.get("/desk/", headers=HTMX)
    assert seen_in(looks(reception).first()) == sorted([clinic.child.id, other.child_id])
    assert looks(reception).count() == 3
    assert seen_in(first) == [clinic.child.id]


def test_a_list_on_another_page_device_or_address_is_noted_at_once(app, client, clinic):
    """Else a sign-in that somebody else uses would leave nothing on the trail for ten minutes."""
    manager = clinic.people[MANAGER]
    preview = f"/manage/away?who={clinic.addresses()['who']}"
    client.sign_in(manager).get(preview)
    client.get("/manage/closing?first=2026-03-02")
    client.get(preview, environ_overrides={"REMOTE_ADDR": "127.0.0.9"})
    app.test_client().sign_in(manager).get(preview)
    rows = [look.details for look in looks(manager)]
    assert [row["page"] for row in rows] == [
        "manage.away",
        "manage.away",
        "manage.closing",
        "manage.away",
    ]
    assert len({(row["page"], row["sign_in"], row["address"]) for row in rows}) == 4


def test_a_list_without_names_is_no_look(client, clinic):
    """Whoever was away is shown times and tickets only, however long the page goes on asking."""
    reception = clinic.people[RECEPTION]
    client.sign_in(reception).get("/desk/")
    client.pressed_at = None
    with time_machine.travel(NOON + 4 * AGAIN_AFTER, tick=False):
        answer = client.get("/desk/", headers=HTMX)
    assert (answer.status_code, "欧阳小满" in answer.text) == (200, False)
    assert looks(reception).count() == 1


def test_two_who_see_the_same_list_are_both_noted(app, clinic):
    for user in (clinic.people[RECEPTION], clinic.staff(RECEPTION)):
        app.test_client().sign_in(user).get("/desk/")
        assert looks(user).count() == 1


def test_a_parent_who_sees_the_own_child_is_no_look_of_staff(client, clinic):
    client.sign_in(clinic.parent).get(f"/appointments/{clinic.visit.id}")
    assert looks(clinic.parent).count() == 0


def events(action):
    db.session.rollback()
    return db.session.query(AuditEvent).filter_by(action=action).all()


@pytest.mark.parametrize(
    ("address", "status", "page"),
    [
        ("/manage/stock", 403, "stock.on_hand"),
        ("/desk/appointments/{visit}", 403, "desk.show"),
        ("/appointments/{visit}", 404, "appointments.show"),
    ],
)
def test_a_refused_page_is_noted_with_who_asked(client, clinic, address, status, page):
    stranger = make_user()
    client.sign_in(stranger)
    for _ in range(2):
        answer = client.get(address.format(visit=clinic.visit.id))
        assert answer.status_code == status
    (event,) = events("refused")
    assert event.actor_id == stranger.id
    assert event.details["page"] == page
    assert event.details["status"] == status
    if "{visit}" in address:
        assert event.details["appointment_id"] == clinic.visit.id


def test_each_tried_number_is_noted(client, clinic):
    client.sign_in(make_user())
    for number in range(1, 6):
        client.get(f"/family/children/{900 + number}")
    assert [event.details["child_id"] for event in events("refused")] == [901, 902, 903, 904, 905]


def test_an_address_that_is_no_page_and_a_stranger_are_not_noted(app, client, clinic):
    client.sign_in(clinic.parent).get("/nowhere")
    app.test_client().get("/desk/")
    assert events("refused") == []


def test_whoever_reads_a_feed_is_noted(client, clinic):
    doctor = clinic.people[CLINICIAN]
    page = client.sign_in(doctor).page("/calendar/feed")
    made = page.form(action="/calendar/feed").submit()
    (link,) = [word for word in made.text.split('"') if "/calendar/feeds/" in word]
    client.forget().get(link)
    client.get(link)
    (event,) = events("read_feed")
    assert event.actor_id == doctor.id
    assert event.details["page"] == "calendar.feed_file"
    assert link.split("/")[-1].split(".")[0] not in str(event.details)


def test_feeds_that_are_read_from_one_address_are_each_noted(client, clinic):
    """Phones behind one address, or one company that reads calendars for many."""
    doctors = [clinic.people[CLINICIAN], clinic.staff(CLINICIAN)]
    tokens = [feeds.open_feed(doctor, now=NOON) for doctor in doctors]
    db.session.commit()
    for token in tokens:
        assert client.get(f"/calendar/feeds/{token}.ics").status_code == 200
    assert [event.actor_id for event in events("read_feed")] == [doctor.id for doctor in doctors]


def test_a_printed_certificate_is_noted(client, clinic):
    client.sign_in(clinic.parent).get(f"/vaccination/children/{clinic.child.id}/certificate")
    (event,) = events("print_certificate")
    assert (event.actor_id, event.subject_id) == (clinic.parent.id, clinic.child.id)


def test_a_change_says_from_which_page_it_came(client, clinic):
    reception = clinic.people[RECEPTION]
    client.sign_in(reception).post(f"/desk/appointments/{clinic.visit.id}/arrival")
    (event,) = events("check_in")
    assert (event.details["page"], event.details["method"]) == ("desk.check_in", "POST")


def test_a_record_that_cannot_be_noted_is_not_shown(app, client, clinic):
    app.config["TESTING"] = False  # else what fails is raised
    client.sign_in(clinic.people[RECEPTION])
    db.session.execute(text("ALTER TABLE audit_events RENAME TO gone"))
    db.session.commit()
    for address in ("/desk/", f"/desk/appointments/{clinic.visit.id}"):
        answer = client.get(address)
        assert answer.status_code in (500, 503)
        assert "欧阳小满" not in answer.text


def test_a_look_costs_one_statement(client, clinic):
    """Apart from what begins and ends its transaction."""
    from sqlalchemy import event

    client.sign_in(clinic.people[RECEPTION])
    sent = []
    note = lambda *facts: sent.append(facts[2])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", note)
    client.get(f"/desk/appointments/{clinic.visit.id}")
    event.remove(db.engine, "before_cursor_execute", note)
    assert sum("INSERT INTO audit_events" in one for one in sent) == 1
