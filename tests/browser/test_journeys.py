"""What people do here, in a real browser: both languages, phone and desk, with scripts and without."""

import re
from datetime import timedelta

import pytest

from clinic import clock
from clinic.app import ROOMS
from tests.browser.conftest import Visitor

PHONE = {"width": 390, "height": 850}


def sign_up(visitor, phone):
    page = visitor.page
    visitor.open("/sign-up")
    page.locator("#contact").fill(phone)
    visitor.press(page.locator("main form button"))
    visitor.open("/demo/inbox")
    message = page.locator("li.card", has_text=phone).first.inner_text()
    visitor.open("/sign-in/code")
    page.locator("#code").fill(re.search(r"\b\d{6}\b", message.replace(phone, "")).group())
    visitor.press(page.locator("main form button"))
    page.locator("#name").fill("王芳")
    page.locator("#privacy").check()
    page.locator("#children_under_14").check()
    visitor.press(page.locator("main form button"))


def add_child(visitor, name, days):
    page = visitor.page
    visitor.open("/family/children/new")
    page.locator("#name").fill(name)
    page.locator("input[name=sex]").first.check()
    born = clock.clinic_day(clock.now()) - timedelta(days=days)
    page.locator("#birth_date").fill(born.isoformat())
    visitor.press(page.locator("main form button"))
    assert page.get_by_role("heading", name=name).count() == 1


def choose_a_time(visitor, which=0):
    """Another day than the first, then one of its times."""
    page = visitor.page
    day = page.locator(".day:not(.none)").nth(2)
    wanted = day.get_attribute("id")
    day.click()
    page.locator(f"#{wanted}[aria-current]").wait_for()
    if visitor.scripts:
        page.locator(f"#{wanted}:focus").wait_for()
    visitor.look()
    visitor.press(page.locator("button.slot").nth(which))


def book(visitor, kind):
    page = visitor.page
    visitor.open(f"/{kind}/")
    choose_a_time(visitor)
    visitor.press(page.locator("#confirm .btn-primary"))
    assert re.search(r"/appointments/\d+$", page.url)
    assert page.locator("svg.qr").count() == 1
    return page.locator(".reference").inner_text()


def test_a_parent_signs_up_and_books_each_service_moves_and_cancels(visitor):
    page = visitor.page
    visitor.open("/")
    sign_up(visitor, f"1390000910{visitor.number}")
    add_child(visitor, "王一禾", 800)
    add_child(visitor, "王一麦", 150)

    references = [book(visitor, room.kind) for room in ROOMS]
    assert len(set(references)) == len(ROOMS)

    before = page.locator("h1").inner_text()
    visitor.press(page.locator('a[href*="move="]'))
    choose_a_time(visitor, which=-1)
    visitor.press(page.locator("#confirm .btn-primary"))
    assert page.locator(".reference").inner_text() == references[-1]
    assert page.locator("h1").inner_text() != before

    visitor.press(page.locator('a[href$="/cancellation"]'))
    visitor.press(page.locator("main form .btn-danger"))
    visitor.open("/appointments/")
    assert page.locator("section").first.locator("li a.card").count() == len(ROOMS) - 1
    visitor.open("/family")
    visitor.open("/")


def test_a_second_guardian_is_invited_sees_the_child_and_is_removed(visitor, chromium):
    page = visitor.page
    sign_up(visitor, f"1390000930{visitor.number}")
    add_child(visitor, "王一诺", 300)
    visitor.open("/family/invitations")
    page.locator("#relation").select_option("father")
    visitor.press(page.locator("main form .btn-primary"))
    link = page.locator("#link").input_value()

    other = chromium.new_context(base_url=page.url, java_script_enabled=visitor.scripts)
    father = Visitor(other.new_page(), visitor.number, visitor.scripts)
    sign_up(father, f"1390000940{visitor.number}")
    father.open(link)
    father.press(father.page.locator("main form .btn-primary"))
    assert father.page.get_by_role("heading", name="王一诺").count() == 1

    visitor.open("/family")
    visitor.press(page.locator('form[action$="/revocation"] button'))
    father.open("/family")
    assert father.page.get_by_role("heading", name="王一诺").count() == 0
    other.close()


def test_siblings_come_together_a_course_is_planned_and_a_place_is_waited_for(visitor):
    page = visitor.page
    sign_up(visitor, f"1390000950{visitor.number}")
    add_child(visitor, "周一禾", 800)
    add_child(visitor, "周一麦", 820)
    visitor.open("/checkups/")
    page.locator("input[name=with]").check()  # one right after the other, as quick fingers do
    page.locator("input[name=then]").nth(1).check()
    if not visitor.scripts:
        visitor.press(page.locator(".filters button"))
    page.locator("a.day[href*='with='][href*='then=']").first.wait_for()
    assert page.locator("#toast").inner_text() == ""
    visitor.look()
    # Late in the day one child still fits in today, four appointments do not.
    day = page.locator(".day:not(.none)").first
    wanted = day.get_attribute("id")
    day.click()
    page.locator(f"#{wanted}[aria-current]").wait_for()
    visitor.press(page.locator("button.slot").first)
    assert page.locator(".plan li").count() == 4
    visitor.press(page.locator("#confirm .btn-primary"))
    visitor.open("/appointments/")
    assert page.locator("section").first.locator("li a.card").count() == 4

    visitor.open("/rehab/?sessions=4")
    visitor.press(page.locator("button.slot").first)
    page.locator("#longest").select_option("7")
    if not visitor.scripts:
        visitor.press(page.locator("#course form[method=get] button"))
    page.wait_for_url("**longest=7**")
    visitor.look()
    visitor.press(page.locator("#course form[method=post] .btn-primary"))
    visitor.press(page.locator("#confirm .btn-primary"))
    assert page.locator("a[href*='/remaining/']").count() == 1
    visitor.press(page.locator("a[href*='/remaining/']"))
    assert page.locator("#course li").count() >= 1

    visitor.open("/vaccination/waitlist")
    visitor.press(page.locator("main form .btn-primary"))
    assert page.locator("#waiting li").count() == 1
    visitor.press(page.locator("#waiting form button"))
    assert page.locator("#waiting").count() == 0


def test_the_chooser_filters(visitor):
    page = visitor.page
    visitor.sign_in("parent")
    visitor.open("/vaccination/")
    page.locator("#district").select_option("余杭区")
    if not visitor.scripts:
        page.locator(".filters button").click()
    page.locator("#chooser", has_text="km").first.wait_for()
    first = page.locator("#centre option").nth(1).inner_text()
    assert "余杭" in first or "Yuhang" in first
    assert "district=" in page.url
    if visitor.scripts:  # without, the browser itself restores the form as it was left
        page.go_back()
        page.locator("#chooser").wait_for()
        assert page.locator("#district").input_value() == ""


def test_a_form_with_mistakes_says_so_beside_the_fields(visitor):
    page = visitor.page
    visitor.sign_in("parent")
    visitor.open("/family/children/new")
    page.locator("#name").fill("王小米")
    page.locator("main form .btn-primary").click()
    page.locator(".error-summary").wait_for()
    visitor.look()
    assert page.locator("#name").input_value() == "王小米"
    assert page.locator("#birth_date-error").count() == 1


def test_the_keyboard_stays_in_the_row_while_two_answers_come(chromium, city):
    """Something asked for in the moment between a row's going and its successor takes no place away."""
    context = chromium.new_context(base_url=city, locale="zh-CN", viewport=PHONE)
    page = context.new_page()
    Visitor(page, 0, scripts=True).sign_in("reception")
    row = page.locator("tr", has=page.locator('form[action$="/arrival"]')).last
    row_id = row.get_attribute("id")
    page.evaluate("""() => new MutationObserver((_, watch) => {
        if (document.activeElement !== document.body) return;
        watch.disconnect();
        document.querySelector('form[role="search"]').requestSubmit();
    }).observe(document.querySelector("main"), { childList: true, subtree: true })""")
    with page.expect_response("**/search**"):
        page.locator(f"#{row_id} form[action$='/arrival'] button").press("Enter")
    page.locator(f"#{row_id} form[action$='/undo'] button").wait_for()
    page.locator(f"#{row_id} :focus").wait_for()
    context.close()


@pytest.mark.parametrize("address", ["/centres/zhaohui", "/privacy", "/privacy/children"])
def test_public_pages(visitor, address):
    visitor.open(address)


def test_the_language_is_switched_and_stays(visitor):
    page = visitor.page
    visitor.open("/sign-in")
    before = page.locator("html").get_attribute("lang")
    for _ in range(2):
        page.locator("button[name=language]").click()
        page.wait_for_load_state()
        visitor.open("/")
    assert page.locator("html").get_attribute("lang") == before


def test_a_browser_in_new_york_with_a_wrong_clock_shows_the_clinics(chromium, city):
    context = chromium.new_context(
        base_url=city, locale="zh-CN", timezone_id="America/New_York", viewport=PHONE
    )
    page = context.new_page()
    page.clock.install(time=clock.now() + timedelta(minutes=11))
    visitor = Visitor(page, 0, scripts=True)
    visitor.sign_in("parent")
    visitor.open("/pediatrics/")
    wanted = page.locator("button.slot").first.inner_text()[:5]
    visitor.press(page.locator("button.slot").first)
    assert page.locator("#confirm", has_text=wanted).count() == 1
    # The countdown runs to the same moment, whatever the browser's own clock says.
    assert re.fullmatch(r"(10:00|9:[0-5]\d)", page.locator("[data-seconds-left]").inner_text())
    visitor.press(page.locator("#confirm .btn-primary"))
    assert page.locator("main", has_text=wanted).count() == 1
    visitor.open("/appointments/")
    assert page.locator("li a.card", has_text=wanted).count() >= 1
    context.close()
