"""Booking a vaccination for its doses: only legal days, only centres that have them, each reserved once."""

import pytest
from sqlalchemy import select

from clinic.db import db
from clinic.scheduling.models import Appointment, Hold
from clinic.vaccination.stock.models import DoseReservation, Stock
from tests.makes import (
    TOMORROW,
    make_child,
    make_guardianship,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_stock,
    make_user,
)
from tests.queries import count_queries
from tests.vaccination.doses.site import BABY, NEXT_WEEK, Site, live, ticked

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def site(app):
    return Site(app)


def times_on(page):
    return {int(text) for text in page.values("[name=slot]", "value")}


def test_what_comes_next_is_ticked_and_days_before_it_are_not_offered(site):
    page = site.page()
    assert ticked(page) == ["MMR", "JE"]
    assert times_on(page)
    assert "未到时间" in page.words  # tomorrow
    early = site.page(day=TOMORROW.isoformat())
    assert not times_on(early)
    assert "3月10日" in early.words


def test_a_day_that_is_not_legal_is_refused_with_the_first_that_is(site):
    answer = site.hold_by_hand(site.slots[TOMORROW][0], "MMR")
    assert answer.status == 422
    assert "3月10日" in answer.words
    assert db.session.scalars(select(Hold)).all() == []
    assert times_on(answer)
    assert times_on(answer) <= {slot.id for slot in site.slots[NEXT_WEEK]}


def test_what_is_complete_or_booked_already_is_refused_when_asked_for_by_hand(site):
    complete = site.hold_by_hand(site.slots[NEXT_WEEK][0], "BCG")
    assert complete.status == 422
    assert "已全程完成" in complete.words
    site.book(site.slots[NEXT_WEEK][0], "MMR")
    again = site.hold_by_hand(site.slots[NEXT_WEEK][4], "MMR")
    assert again.status == 422
    assert "已预约在3月11日" in again.words
    assert live() == [("MMR", "MMR", 1)]


def test_doses_due_together_are_booked_together_and_reserved(site):
    booked = site.book(site.slots[NEXT_WEEK][0], "MMR", "JE")
    assert live() == [("JE", "JE-L", 1), ("MMR", "MMR", 1)]
    assert "麻腮风" in booked.follow().words
    again = site.page()
    assert ".MMR" not in again.text  # no box any more: the page says that it is booked, and where
    assert "已预约在3月11日" in again.words
    assert booked.location in again.text


def test_the_form_says_what_it_is_for(site):
    page = site.hold(site.slots[NEXT_WEEK][0], "MMR").follow()
    assert "麻腮风" in page.words
    assert "乙脑" not in page.words


def test_a_visit_for_none_of_them_is_for_a_question(site):
    site.book(site.slots[TOMORROW][0])
    assert live() == []
    assert len(db.session.scalars(select(Appointment)).all()) == 1


def test_another_choice_for_the_same_time_lets_go_what_is_not_wanted(site):
    slot = site.slots[NEXT_WEEK][0]
    site.hold(slot, "MMR", "JE")
    site.confirm(site.hold(slot, "JE"))
    assert live() == [("JE", "JE-L", 1)]
    reserved = dict(db.session.execute(select(Stock.vaccine, Stock.reserved)).all())
    assert (reserved["MMR"], reserved["JE-L"]) == (0, 1)


def test_only_a_centre_that_has_it_is_offered(site):
    other = site.open_centre()
    page = site.page(centre=other.id, day=NEXT_WEEK.isoformat())
    assert not times_on(page)
    assert "该中心那天没有" in page.words
    answer = site.hold_by_hand(site.slots[NEXT_WEEK][0], "MMR")
    assert answer.status == 422
    assert site.centre.name_zh in answer.words  # instead
    assert site.hold(site.slots[NEXT_WEEK][0]).status == 303  # a question needs no vaccine


def test_the_last_dose_goes_to_one_family(site, app):
    other = site.open_centre()
    make_stock(other, 1)
    slots = site.slots[NEXT_WEEK]
    rival = make_user()
    child = make_child(rival, birth_date=BABY)
    site.give(child)
    need = [f"{child.id}.", f"{child.id}.MMR"]
    theirs = (
        app.test_client()
        .sign_in(rival)
        .page(
            "/vaccination/",
            query_string={"child": child.id, "need": need, "day": NEXT_WEEK.isoformat()},
        )
    )
    assert site.hold(slots[0], "MMR").status == 303
    refused = theirs.form(action="/vaccination/holds").submit(str(slots[1].id))
    assert refused.status == 422
    assert site.centre.name_zh in refused.words
    # What the first family keeps does not stand in its own way.
    need = [f"{site.child.id}.", f"{site.child.id}.MMR"]
    assert times_on(site.page(centre=other.id, day=NEXT_WEEK.isoformat(), need=need))


def test_a_move_takes_the_doses_along_and_not_to_a_day_before_they_are_legal(site):
    booked = site.book(site.slots[NEXT_WEEK][0], "MMR")
    number = int(booked.location.rsplit("/", 1)[1])
    early = site.hold_by_hand(site.slots[TOMORROW][0], move=number)
    assert early.status == 422
    other = site.open_centre()
    make_stock(other)
    moved = site.book(site.slots[NEXT_WEEK][1], move=number)
    assert moved.location == booked.location
    assert live() == [("MMR", "MMR", 1)]
    reservation = db.session.scalars(
        select(DoseReservation).where(DoseReservation.released_at.is_(None))
    ).one()
    assert reservation.centre_id == other.id


def test_two_guardians_do_not_book_one_dose_twice(site, app):
    father = make_user()
    make_guardianship(father, site.child)
    slots, mothers = site.slots[NEXT_WEEK], site.client
    first = site.hold(slots[0], "MMR")
    site.client = app.test_client().sign_in(father)
    second = site.hold(slots[4], "MMR")
    site.client = mothers
    site.confirm(first)
    refused = site.confirm(second)
    assert refused.status == 422
    assert "附近没有其他空余时间" not in refused.words  # the dose stands against it, not the times
    assert live() == [("MMR", "MMR", 1)]


def test_a_check_is_followed_by_what_is_due(site):
    check = make_service("checkups")
    checker = make_practitioner([check], centre=site.centre)
    make_session(checker, make_room(site.centre), [check], NEXT_WEEK)
    make_session(checker, make_room(site.centre), [check], TOMORROW)
    query = {"child": site.child.id, "then": site.service.id, "day": NEXT_WEEK.isoformat()}
    page = site.client.page("/checkups/", query_string=query)
    assert ticked(page) == ["MMR", "JE"]
    chosen = page.values("[name=slot]", "value")[0]
    site.confirm(page.form(action="/checkups/holds").submit(chosen))
    assert [series for series, _, _ in live()] == ["JE", "MMR"]


def test_brothers_and_sisters_have_boxes_of_their_own(site):
    sister = make_child(site.parent, name="王一麦", birth_date=BABY)
    site.give(sister, "HepB")
    page = site.page(**{"with": sister.id})
    assert ticked(page) == ["MMR", "JE", "HEPB"]


def test_as_many_questions_for_many_centres(site):
    few = count_queries(site.page)
    for _ in range(5):
        make_stock(site.open_centre(), 2)
    assert count_queries(site.page) <= few + 3  # and two more where little is left


def test_another_familys_ticks_do_nothing(site):
    stranger = make_child(make_user(), birth_date=BABY)
    page = site.page(need=f"{stranger.id}.MMR")
    assert ticked(page) == ["MMR", "JE"]


@pytest.mark.parametrize("rubbish", ["", ".", "x.MMR", "9" * 30 + ".MMR", "1", "1.<b>"])
def test_rubbish_is_passed_over(site, rubbish):
    assert site.page(need=rubbish).status == 200
