"""The page of free times is 304 only while it would be the same; how often it asks the database."""

from datetime import date, time, timedelta

import pytest
import time_machine
from flask import g

from clinic.app import ROOMS
from clinic.clock import at
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling.appointments import booking
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.kinds import Close
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment, Channel
from clinic.scheduling.policies.stored import set_policy
from clinic.scheduling.timetable import extending, rota
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import Source
from clinic.vaccination.record.rules import Entry
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_centre,
    make_child,
    make_guardianship,
    make_hold,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_slot,
    make_stock,
    make_user,
)
from tests.queries import count_queries

pytestmark = pytest.mark.usefixtures("noon")
PAGE = "/pediatrics/"


class Site:
    """A parent with a child, a centre with an afternoon and tomorrow morning, places online and at the desk."""

    def __init__(self, app):
        self.parent, self.other, self.manager = make_user(), make_user(), make_user()
        self.child, self.others_child = make_child(self.parent), make_child(self.other)
        self.service = make_service()
        self.practitioner = make_practitioner([self.service])
        self.centre = self.practitioner.centre
        self.room = make_room(self.centre)
        self.today = self.open(date(2026, 3, 2), opens=time(14), closes=time(16))
        self.session = self.open(TOMORROW, capacity=2, online_capacity=2)
        self.later = self.open(date(2026, 3, 4), closes=time(10))
        self.client = app.test_client().sign_in(self.parent)
        self.tag = None

    def open(self, day, **kw):
        return make_session(self.practitioner, self.room, [self.service], day=day, **kw)

    def wanted(self, child=None, number=0):
        slot = self.session.slots[number]
        return Request(child or self.others_child, self.service, slots_for(self.service, slot.id))

    def look(self, path=PAGE, **headers):
        """What the browser gets: 304 when what it has is still right."""
        condition = {"If-None-Match": self.tag} if self.tag else {}
        answer = self.client.get(path, headers=condition | headers)
        self.tag = answer.headers.get("ETag")
        return answer.status_code


@pytest.fixture
def site(app):
    return Site(app)


@pytest.fixture
def both_sites(both):
    return Site(both)


def test_what_is_unchanged_is_not_sent_again(both_sites):
    site = both_sites
    first = site.client.get(PAGE)
    again = site.client.get(PAGE, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert again.data == b""
    assert again.headers["ETag"] == first.headers["ETag"]
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "private, no-cache"
    assert "Cookie" in again.headers["Vary"]


def i_book(site):
    one = site.wanted(site.child)
    booking.book([one], by=site.parent, key="mine", channel=Channel.ONLINE, now=NOON)


def the_other_guardian_books(site):
    make_guardianship(site.other, site.child)
    booking.book(
        [site.wanted(site.child)], by=site.other, key="theirs", channel=Channel.ONLINE, now=NOON
    )


def both_places_are_taken(site):
    make_appointment(make_child(), site.service, site.session.slots[0])
    make_hold(site.wanted(), by=site.other, now=NOON)


def hours_are_added(site):
    site.open(date(2026, 3, 5))


def the_centre_closes(site):
    change = Close(
        site.centre, at(TOMORROW, time(0)), at(TOMORROW, time(23)), "检修", "Repairs", None
    )
    shown = applying.preview(change, now=NOON)
    applying.apply(change, shown.version, by=site.manager, now=NOON)


def a_policy_changes(site):
    settings = {"notice_to_book": 180}
    set_policy(settings, service=None, centre=site.centre, by=site.manager, now=NOON)


def a_child_comes(site):
    make_child(site.parent, name="王二禾")


def a_child_is_renamed(site):
    db.session.get_one(Child, site.child.id).name = "王小禾"


def a_clinician_is_renamed(site):
    site.practitioner.name_zh = "陈主任"


def a_centre_comes(site):
    make_practitioner([site.service], centre=make_centre())


CHANGES = [
    i_book,
    the_other_guardian_books,
    both_places_are_taken,
    hours_are_added,
    the_centre_closes,
    a_policy_changes,
    a_child_comes,
    a_child_is_renamed,
    a_clinician_is_renamed,
    a_centre_comes,
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_at_once(both_sites, change):
    site = both_sites
    assert [site.look(), site.look()] == [200, 304]
    before = site.client.get(PAGE).text

    change(site)
    db.session.commit()

    assert site.look() == 200
    assert site.client.get(PAGE).text != before
    assert site.look() == 304


def test_a_place_that_comes_back_is_seen_at_once(both_sites):
    site = both_sites
    appointments = [
        make_appointment(make_child(), site.service, site.session.slots[0]) for _ in "ab"
    ]
    assert [site.look(), site.look()] == [200, 304]
    one = db.session.get_one(Appointment, appointments[0].id)
    booking.cancel(one, by=site.manager, online=False, now=NOON)
    db.session.commit()
    assert site.look() == 200


def test_a_missed_visit_is_seen_at_once(site):
    missed = make_appointment(site.child, site.service, site.today.slots[0], by=site.parent)
    assert [site.look(), site.look()] == [200, 304]
    with time_machine.travel(NOON + timedelta(hours=3), tick=False):
        assert [site.look(), site.look()] == [200, 304]
        attendance.mark_no_show(missed, by=site.manager, now=NOON + timedelta(hours=3), note="")
        db.session.commit()
        assert site.look() == 200


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Twenty minutes before two o'clock it can be booked for the last time at 13:30.
        (timedelta(hours=1, minutes=29), timedelta(hours=1, minutes=31)),
        (timedelta(hours=11), timedelta(hours=13)),  # midnight
    ],
)
def test_time_alone_changes_it(site, before, after):
    with time_machine.travel(NOON + before, tick=False):
        assert [site.look(), site.look()] == [200, 304]
    with time_machine.travel(NOON + after, tick=False):
        assert [site.look(), site.look()] == [200, 304]


def test_an_expired_hold_is_free_at_once(site):
    for parent in (make_user(), make_user()):
        make_hold(site.wanted(make_child(parent)), by=parent, now=NOON)
    db.session.commit()
    site.look()
    with time_machine.travel(NOON + timedelta(minutes=9, seconds=59), tick=False):
        assert site.look() == 304
    with time_machine.travel(NOON + timedelta(minutes=10), tick=False):
        assert site.look() == 200
        assert (
            f'value="{site.session.slots[0].id}"' in site.client.get(f"{PAGE}?day=2026-03-03").text
        )


def test_a_day_opens_at_the_second(site):
    set_policy({"release_days": 5}, service=None, centre=None, by=site.manager, now=NOON)
    day = date(2026, 3, 8)
    weekly = Weekly((day.weekday(),), time(9), time(10), 15, day, day)
    rota.add_rule(site.practitioner, site.room, [site.service], weekly, by=site.manager, now=NOON)
    extending.extend([site.centre], day, day, now=NOON)
    db.session.commit()
    opens = at(date(2026, 3, 3), time(18))
    path = f"{PAGE}?day={day}"
    with time_machine.travel(opens - timedelta(seconds=1), tick=False):
        assert [site.look(path), site.look(path)] == [200, 304]
        assert 'name="slot"' not in site.client.get(path).text
    with time_machine.travel(opens, tick=False):
        assert site.look(path) == 200
        assert 'name="slot"' in site.client.get(path).text


def test_another_language_another_part_or_another_user_is_another_page(site):
    assert [site.look(), site.look()] == [200, 304]
    tag = site.tag
    g.pop("_flask_babel", None)  # the test's context is the request's too
    english = {"Accept-Language": "en", "If-None-Match": tag}
    part = {"HX-Request": "true", "If-None-Match": tag}
    assert site.client.get(PAGE, headers=english).status_code == 200
    assert site.client.get(PAGE, headers=part).status_code == 200
    site.client.sign_in(site.other)
    assert site.client.get(PAGE, headers={"If-None-Match": tag}).status_code == 200


def test_a_message_that_is_shown_once_is_not_kept(site):
    site.look()
    with site.client.session_transaction() as session:
        session["_flashes"] = [("message", "您不再排队。")]
    answer = site.client.get(PAGE, headers={"If-None-Match": site.tag})
    assert answer.status_code == 200
    assert "您不再排队。" in answer.text
    assert "ETag" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("tag", ['W/"x"', 'W/"x.1"', "*", '"' + "9" * 40 + '"', 'W/".9999999999"'])
def test_a_tag_that_nobody_gave_is_no_tag(site, tag):
    assert site.client.get(PAGE, headers={"If-None-Match": tag}).status_code == 200


def test_several_at_once_and_what_is_moved_are_never_kept(site):
    other = make_child(site.parent, name="王二禾")
    moving = make_appointment(site.child, site.service, site.session.slots[0], by=site.parent)
    for query in (f"child={site.child.id}&with={other.id}", f"move={moving.id}"):
        answer = site.client.get(f"{PAGE}?{query}")
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_page_asks_three_times_the_user_the_family_and_the_times(site):
    site.look()
    both_places_are_taken(site)
    db.session.commit()
    assert count_queries(site.look) == 1 + 1 + 2  # with BEGIN
    assert count_queries(lambda: site.client.get(PAGE)) == 1 + 1 + 1  # from memory
    assert count_queries(site.look) == 1 + 1 + 1  # unchanged


def more_of_everything(site):
    for n in range(2):
        make_child(site.parent, name=f"王{n}禾")
        day = date(2026, 3, 10 + n)
        elsewhere = make_service()
        make_appointment(site.child, elsewhere, make_slot(elsewhere, day=day), by=site.parent)
        practitioner = make_practitioner([site.service], centre=make_centre())
        for day in range(3, 9):
            make_session(
                practitioner, make_room(practitioner.centre), [site.service], date(2026, 3, day)
            )


@pytest.mark.parametrize(
    "query", ["", "part=morning", "day=2026-03-04", "practitioner={who}", "move={moving}"]
)
def test_three_of_everything_ask_no_more_than_one(site, query):
    moving = make_appointment(site.child, site.service, site.session.slots[7], by=site.parent)
    path = f"{PAGE}?{query.format(who=site.practitioner.id, moving=moving.id)}"

    def changed_look():
        """After a change, so that nothing comes from memory, but for what all pages share."""
        site.client.get(PAGE)
        slot = next(slot for slot in site.session.slots if slot.taken == 0)
        make_appointment(make_child(), site.service, slot)
        make_appointment(make_child(), site.service, slot)
        return count_queries(lambda: site.client.get(path))

    few = changed_look()
    more_of_everything(site)
    assert changed_look() == few


def test_siblings_ask_no_more_than_two_children(site):
    others = [make_child(site.parent, name=f"王{n}禾").id for n in range(3)]

    def look(number):
        return site.client.get(PAGE, query_string={"child": site.child.id, "with": others[:number]})

    look(1)
    counts = [count_queries(lambda n=n: look(n)) for n in (1, 2, 3)]
    assert counts[0] == counts[1] == counts[2]


def had_one(child, parent):
    """A booklet, so that doses are reserved for its visits."""
    entries = [Entry("HepB", child.birth_date)]
    recording.record(child, entries, source=Source.BOOKLET, by=parent, now=NOON)


# With BEGIN twice, COMMIT of what only read, the user and the consents: (keep, confirm). A vaccination reserves doses.
STATEMENTS = {"vaccination": (37, 21)}


@pytest.mark.parametrize("kind", [room.kind for room in ROOMS])
def test_taking_a_place_sends_as_many_statements_in_a_full_house(site, kind):
    service = make_service(kind)
    practitioner = make_practitioner([service])
    room = make_room(practitioner.centre)
    make_stock(practitioner.centre)

    def taking(day):
        session = make_session(practitioner, room, [service], day, capacity=3)
        parent = make_user()
        child = make_child(parent)
        had_one(child, parent)
        data = {"child": child.id, "service": service.id, "slot": session.slots[0].id}
        client = site.client.sign_in(parent)
        client.get(f"/{kind}/")  # what all pages share is in memory
        answers = []
        kept = count_queries(lambda: answers.append(client.post(f"/{kind}/holds", data=data)))
        confirmed = count_queries(lambda: client.post(answers[0].location, data={"reason": ""}))
        assert db.session.query(Appointment).filter_by(child_id=data["child"]).count() == 1
        return kept, confirmed

    few = taking(TOMORROW)
    assert few == STATEMENTS.get(kind, (12, 13))
    for n in range(3):
        session = make_session(practitioner, room, [service], date(2026, 3, 4 + n))
        make_appointment(make_child(), service, session.slots[0])
    assert taking(date(2026, 3, 12)) == few


def test_who_comes_too_late_is_refused_by_reading_and_one_count(site):
    parent = make_user()
    data = {"child": make_child(parent).id, "service": site.service.id}
    both_places_are_taken(site)
    data["slot"] = site.session.slots[0].id
    client = site.client.sign_in(parent)
    client.get(PAGE)
    answers = []
    asked = count_queries(lambda: answers.append(client.post("/pediatrics/holds", data=data)))
    assert [answer.status_code for answer in answers] == [409]
    # With BEGIN three times, COMMIT of what only read, and the days around it, near and far.
    assert asked == 14


def test_a_vaccination_asks_one_more_for_the_records_and_the_version_of_the_stock(app):
    service = make_service("vaccination")
    practitioner, parent = make_practitioner([service]), make_user()
    make_session(practitioner, make_room(practitioner.centre), [service])
    make_stock(practitioner.centre)
    child = make_child(parent)
    client = app.test_client().sign_in(parent)
    first = client.get("/vaccination/")
    condition = {"If-None-Match": first.headers["ETag"]}
    assert count_queries(lambda: client.get("/vaccination/", headers=condition)) == 1 + 1 + 2
    assert count_queries(lambda: client.get("/vaccination/")) == 1 + 1 + 2  # from memory
    db.session.get_one(Child, child.id).birth_weight_g = 1400
    db.session.commit()
    assert client.get("/vaccination/", headers=condition).status_code == 200
