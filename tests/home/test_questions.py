"""A visit with nothing left to do: what the family reads, decides and sees afterwards."""

from datetime import date

import pytest

from clinic.accounts.models import Profession, Role
from clinic.db import db
from clinic.scheduling.models import Appointment
from tests.makes import TOMORROW, make_user
from tests.vaccination.doses.dependents import Baby, all_is_well, purpose

pytestmark = pytest.mark.usefixtures("noon")
WHY = "这次预约的内容，到那天已不需要或还不能做。"


@pytest.fixture
def baby(app):
    baby = Baby()
    baby.visit = baby.book(TOMORROW, "DTAP")
    baby.enter(("DTaP", date(2026, 3, 1)))
    return baby


@pytest.fixture
def parent(baby, client):
    return client.sign_in(baby.parent)


def test_it_is_asked_on_every_page_that_shows_the_visit(baby, parent):
    visit = f"/appointments/{baby.visit.id}"
    assert WHY in parent.page("/").words
    assert "请处理" in parent.page("/appointments/").words
    page = parent.page(visit).words
    assert WHY in page
    assert "百白破" in page


def test_the_plan_shows_the_next_dose_with_its_button_and_not_as_booked(baby, parent):
    page = parent.page(f"/family/children/{baby.child.id}/plan")
    assert not any("已约" in row for row in page.rows(".tag"))
    assert "百白破疫苗 第3剂" in page.words


def test_keeping_it_ends_the_question(baby, parent):
    page = parent.page(f"/appointments/{baby.visit.id}").press("保留，当面问问中心").follow()
    assert WHY not in page.words
    assert "预约保持不变" in page.words
    assert all_is_well() == []


def test_moving_it_shows_the_days_on_which_the_next_dose_is_legal(baby, parent, app):
    page = parent.page(f"/appointments/{baby.visit.id}").click("改期")
    assert "5月2日" in page.words  # dose 3, at six months


def test_cancelling_it_ends_the_question(baby, parent):
    page = parent.page(f"/appointments/{baby.visit.id}").click("取消预约")
    page.form().submit()
    assert db.session.get_one(Appointment, baby.visit.id).cancelled_at
    assert WHY not in parent.page("/").words


@pytest.mark.parametrize(
    ("role", "address"),
    [
        (Role.RECEPTION, "/desk/appointments/{visit}"),
        (Role.CLINICIAN, "/vaccination/visits/{visit}"),
        (Role.MANAGER, "/manage/new-times?centre={centre}"),
    ],
)
def test_the_centre_reads_it_too(baby, client, role, address):
    user = make_user(role, centre=baby.centre, profession=Profession.VACCINATOR)
    staff = client.sign_in(user)
    assert WHY in staff.page(address.format(visit=baby.visit.id, centre=baby.centre.code)).words


def test_only_the_family_may_keep_it(baby, app):
    stranger = app.test_client().sign_in(make_user())
    assert stranger.post(f"/appointments/{baby.visit.id}/keep").status_code == 404
    assert purpose(baby.visit) == []


def test_a_booked_dose_is_not_called_overdue_and_not_counted_as_open(baby, parent):
    """Two of three are due and not booked: every page says the same."""
    late = Baby(born=date(2025, 9, 2))
    late.book(TOMORROW, "DTAP")
    home = parent.sign_in(late.parent).page("/")
    plan = parent.page(f"/family/children/{late.child.id}/plan")
    [booked] = [row for row in plan.rows("li.step") if "百白破" in row]
    assert "已约2026年3月3日" in booked
    assert not {"逾期", "现在"} & set(booked)
    still = [*plan.rows("li.step-due"), *plan.rows("li.step-overdue")]
    assert f"{len(still)}项待完成" in home.words
