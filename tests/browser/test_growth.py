"""A grandmother looks at a child's growth, measures at home, reads and prints a report; a manager sees shares."""

import re
from datetime import timedelta

import pytest

from clinic import clock
from tests.browser.conftest import Visitor
from tests.browser.test_journeys import add_child, sign_up


def test_a_family_measures_at_home_and_reads_the_chart(visitor):
    page = visitor.page
    sign_up(visitor, f"1390000980{visitor.number}")
    add_child(visitor, "王一禾", 380)
    visitor.press(page.locator('a[href$="/growth"]').first)
    assert page.locator(".growth-dot").count() == 0
    today = clock.clinic_day(clock.now())
    for days, typed in ((200, "7.2"), (20, "18.8")):
        page.locator("#on").fill((today - timedelta(days=days)).isoformat())
        page.locator("#weight").fill(typed)
        visitor.press(page.locator("#at-home form .btn-primary").first)
    assert "9.4 kg" in page.locator("#weight-error").inner_text()  # 18.8 斤
    assert page.locator("#weight").input_value() == "18.8"
    page.locator("#weight").fill("9.4")
    visitor.press(page.locator("#at-home form .btn-primary").first)

    chart = page.locator(".growth-svg").first
    dots = chart.locator(".growth-dot")
    assert dots.count() == 2
    told = [dots.nth(n).locator(".growth-tip .growth-value") for n in (0, 1)]
    assert [element.is_visible() for element in told] == [False, False]
    assert chart.locator(".growth-latest").is_visible()
    dots.first.focus()
    assert [element.is_visible() for element in told] == [True, False]
    assert not chart.locator(".growth-latest").is_visible()
    dots.nth(1).locator(".growth-touch").hover()
    assert [element.is_visible() for element in told] == [False, True]
    assert "9.4 kg" in told[1].text_content()

    page.locator("#table-weight_for_age summary").click()
    assert page.locator("#table-weight_for_age tbody tr").count() == 2
    visitor.look()
    page.locator("#mother").fill("162")
    page.locator("#father").fill("176")
    visitor.press(page.locator("#parents form button"))
    assert page.url.endswith("standard=who")
    assert page.locator(".growth-channel").count() == 1
    page.locator("#standard-national").click()
    page.locator("#standard-national[aria-current]").wait_for()
    assert page.locator(".growth-channel").count() == 0
    assert page.locator(".growth-dot").count() == 2


def test_a_report_is_read_and_fits_one_page(visitor):
    page = visitor.page
    visitor.sign_in("parent")
    visitor.open("/family")
    boy = page.locator("article", has_text="李一麦")
    visitor.press(boy.locator('a[href$="/growth"]'))
    visitor.press(page.locator('a[href$="/report"]').first)
    assert page.locator(".growth-svg").count() == 4
    # The next check is offered, is booked already, or is told from when on it can be.
    assert page.locator(".report-next p").count() == 2
    page.emulate_media(media="print")  # paper is light, whatever the screen is
    soft = "getComputedStyle(document.documentElement).getPropertyValue('--apricot-soft')"
    assert page.evaluate(soft) == "#fff0dc"
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1


def test_a_manager_sees_shares(visitor):
    visitor.sign_in("manager")
    visitor.press(visitor.page.locator('nav a[href="/manage/health"]'))
    assert visitor.page.locator("svg.share").count() > 10
    assert visitor.page.locator("abbr").count() > 0


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_a_touch_reads_a_point_without_scripts(chromium, city, language):
    context = chromium.new_context(
        base_url=city,
        locale=language,
        viewport={"width": 390, "height": 850},
        java_script_enabled=False,
        has_touch=True,
        is_mobile=True,
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.locator('form:has(input[value="parent@demo.example"])').get_by_role("button").click()
    page.goto("/family")
    page.locator("article", has_text="李一麦").locator('a[href$="/growth"]').click()
    dot = page.locator(".growth-svg").first.locator(".growth-dot").nth(2)
    dot.scroll_into_view_if_needed()
    dot.locator(".growth-touch").tap()
    assert dot.locator(".growth-tip .growth-value").is_visible()
    context.close()


@pytest.mark.parametrize(
    ("language", "scripts"), [("zh-CN", True), ("en-GB", False)], ids=["zh", "en-no-scripts"]
)
def test_check_and_vaccination_are_one_visit_from_the_plan(chromium, city, language, scripts):
    context = chromium.new_context(
        base_url=city,
        locale=language,
        viewport={"width": 390, "height": 850},
        java_script_enabled=scripts,
    )
    family = Visitor(context.new_page(), 0, scripts)
    page = family.page
    family.sign_in("parent")
    family.press(page.locator("main a.card", has_text="李一禾").first)
    family.press(page.locator('main a.btn-primary[href*="then="]'))
    family.press(page.locator("button.slot").first)
    steps = page.locator("#confirm ol li")
    assert steps.count() == 2
    first, second = (steps.nth(n).inner_text() for n in (0, 1))
    assert ("健康检查" if scripts else "health check") in first
    assert ("预防接种" if scripts else "Vaccination") in second
    family.press(page.locator('form[action*="/release"] button'))  # for the next visitor
    context.close()
