"""The page of free times is 304 only while it would be the same."""

from datetime import date, time, timedelta

import pytest
import time_machine
from flask import g

from clinic.clock import at
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling.appointments import booking
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment
from clinic.scheduling.policies.stored import set_policy
from clinic.scheduling.timetable import extending
from clinic.scheduling.timetable.weekly import Weekly
from tests.booking.looking import PAGE, Site
from tests.makes import (
    NOON,
    make_booking,
    make_centre,
    make_child,
    make_guardianship,
    make_hold,
    make_practitioner,
    make_user,
)

pytestmark = pytest.mark.usefixtures("noon")


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
    make_booking(site.request(site.child), by=site.parent)


def the_other_guardian_books(site):
    make_guardianship(site.other, site.child)
    make_booking(site.request(site.child), by=site.other)


def hours_are_added(site):
    site.open(date(2026, 3, 5))


def the_centre_closes(site):
    site.do(site.close())


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
    Site.both_places_are_taken,
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
    appointments = [site.book() for _ in "ab"]
    assert [site.look(), site.look()] == [200, 304]
    one = db.session.get_one(Appointment, appointments[0].id)
    booking.cancel(one, by=site.manager, online=False, now=NOON)
    db.session.commit()
    assert site.look() == 200


def test_a_missed_visit_is_seen_at_once(site):
    missed = site.book(session=site.today, child=site.child, by=site.parent)
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
        make_hold(site.request(make_child(parent)), by=parent, now=NOON)
    db.session.commit()
    site.look()
    with time_machine.travel(NOON + timedelta(minutes=9, seconds=59), tick=False):
        assert site.look() == 304
    with time_machine.travel(NOON + timedelta(minutes=10), tick=False):
        assert site.look() == 200
        assert f'value="{site.slot().id}"' in site.client.get(f"{PAGE}?day=2026-03-03").text


def test_a_day_opens_at_the_second(site):
    set_policy({"release_days": 5}, service=None, centre=None, by=site.manager, now=NOON)
    day = date(2026, 3, 8)
    weekly = Weekly((day.weekday(),), time(9), time(10), 15, day, day)
    site.add_rule(weekly)
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
    moving = site.book(child=site.child, by=site.parent)
    for query in (f"child={site.child.id}&with={other.id}", f"move={moving.id}"):
        answer = site.client.get(f"{PAGE}?{query}")
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
