"""A family walks in without an account: under a minute, its doses the next time, its own sign-in later."""

from datetime import time, timedelta

import pytest
from playwright.sync_api import expect

from clinic.accounts.models import Role
from tests.browser.mornings import EIGHT, TODAY, Morning, signed_in
from tests.browser.test_day_journeys import seat, site_at
from tests.makes import make_stock
from tests.world import World

FAMILY = {
    "phone": "13600000017",
    "guardian": "古丽·买买提",
    "name": "阿依古丽·买买提",
    "birth_date": "2025-07-01",
}


def vaccination_desk(app):
    """A desk of a centre that vaccinates today and in a month."""
    world = World("vaccination", name_zh="预防接种", name_en="Vaccination")
    make_stock(world.centre)
    for days in (0, 35):
        world.open(TODAY + timedelta(days=days), opens=time(8, 30), closes=time(10))
    desk = world.staff(Role.RECEPTION, name="前台")
    return Morning(world.centre.code, {"desk": [signed_in(app, desk)]}, [world.room.id], [])


def fill(page, **more):
    for name, value in (FAMILY | more).items():
        page.locator(f"#{name}").fill(value)
        page.locator(f"#{name}").blur()
    page.locator("input[name=sex]").first.check()
    page.locator("#agreed").check()


@pytest.mark.parametrize(("width", "scripts"), [(390, True), (1280, False)])
def test_a_family_without_an_account(chromium, migrated, tmp_path, width, scripts):
    with site_at(EIGHT, vaccination_desk, migrated, tmp_path) as (address, morning):
        with seat(
            chromium, address, morning.people["desk"][0], width=width, scripts=scripts
        ) as desk:
            page = desk.page
            desk.open("/desk/walk-in")
            fill(page)
            page.locator("#without").check()
            page.locator("input[name=slot]").first.check()
            desk.press(page.locator("main form .btn-primary"))
            slip = page.locator("main").inner_text()
            assert "B001" in slip
            assert FAMILY["name"] in slip
            assert "剂" not in slip
            assert page.locator("svg.qr").count() == 1

            later = (TODAY + timedelta(days=35)).isoformat()
            desk.open("/desk/walk-in")
            fill(page, name="阿依古丽 • 买买提", day=later)
            if not scripts:
                desk.press(page.locator("button[name=show]"))
            boxes = page.locator("input[type=checkbox][name=need]")
            expect(page.locator(f"#times[data-day='{later}']").locator(boxes).first).to_be_visible()
            desk.look()
            for box in boxes.all()[1:]:
                box.uncheck()
            boxes.first.check()
            page.locator("input[name=slot]").first.check()
            desk.press(page.locator("main form .btn-primary"))
            assert page.locator("main").inner_text().count("剂") == 1
        if scripts:
            claim_by_phone(chromium, address)


def test_a_time_that_is_chosen_while_the_times_are_on_their_way_stays_chosen(
    chromium, migrated, tmp_path
):
    with (
        site_at(EIGHT, vaccination_desk, migrated, tmp_path) as (address, morning),
        seat(chromium, address, morning.people["desk"][0]) as desk,
    ):
        page, on_their_way = desk.page, []
        desk.open("/desk/walk-in")

        def hold_back(request):
            on_their_way.append(request)

        page.route("**/desk/walk-in/times*", hold_back)
        with page.expect_request("**/desk/walk-in/times*"):
            page.locator("#name").fill(FAMILY["name"])
            page.locator("#name").blur()
        page.locator("input[name=slot]").first.check()
        page.locator("#times").evaluate("times => { times.dataset.old = 'yes' }")
        for one in on_their_way:
            one.continue_()
        page.unroute_all()
        renewed = page.locator("#times:not([data-old])")
        expect(renewed.locator("input[name=slot]").first).to_be_checked()


def claim_by_phone(chromium, address):
    """Whoever has the phone finds the child, without the desk."""
    context = chromium.new_context(base_url=address, locale="zh-CN")
    page, inbox = context.new_page(), context.new_page()
    page.goto("/sign-in")
    page.locator("#contact").fill(FAMILY["phone"])
    page.locator("main form .btn-primary").first.click()
    page.locator("#code").wait_for()
    inbox.goto("/demo/inbox")
    code = inbox.get_by_text("验证码").first.inner_text()
    page.locator("#code").fill("".join(one for one in code if one.isdigit())[:6])
    page.locator("main form .btn-primary").first.click()
    page.locator("#name").wait_for()
    for one in page.locator("main input[type=checkbox]").all():
        one.check()
    page.locator("main form .btn-primary").click()
    page.goto("/family")
    assert FAMILY["name"] in page.locator("main").inner_text()
    context.close()
