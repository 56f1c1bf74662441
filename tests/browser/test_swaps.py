"""The page stands still at each tap, says that it loads, and says what went wrong once and in sight."""

import pytest
from playwright.sync_api import expect

from clinic.app import ROOMS
from tests.browser.conftest import Visitor

PHONE = {"width": 390, "height": 850}
WHERE = """(id) => { const box = document.getElementById(id).getBoundingClientRect();
                     return [Math.round(scrollY), Math.round(box.top), Math.round(box.left)]; }"""
# What a thumb may choose on a page of times; what a service does not have is passed over.
TAPS = [
    ".day:nth-of-type(3)",
    ".day:nth-of-type(8)",  # further in the strip
    ".day.none",  # a short list after a long one
    ".day:not(.none)",
    "[id^=child-]:not(:checked)",
    "[id^=with-]",
    "[id^=then-]:not(:checked)",
    "[id^=service-]:not(:checked)",
    "[id^=need-]",
]
FILTERS = ["#practitioner", "#part", "#centre", "#district", "#sessions"]


@pytest.fixture
def parent(chromium, city):
    """A parent of the city with a phone."""
    context = chromium.new_context(base_url=city, locale="zh-CN", viewport=PHONE, has_touch=True)
    visitor = Visitor(context.new_page(), 0, scripts=True)
    visitor.sign_in("parent")
    yield visitor
    context.close()


def places(page, locator, do):
    """Where the page and the element are before and after what is done to it."""
    locator.evaluate("(one) => one.scrollIntoView({ block: 'center', inline: 'nearest' })")
    name = locator.get_attribute("id")
    before = page.evaluate(WHERE, name)
    with page.expect_response("**/*"):
        do(locator)
    page.locator(f"#{name}:not(.htmx-request):not(.htmx-request *)").wait_for()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    return before, page.evaluate(WHERE, name)


@pytest.mark.parametrize("kind", [room.kind for room in ROOMS])
def test_nothing_moves_under_the_finger(parent, kind):
    page = parent.page
    parent.open(f"/{kind}/")
    assert page.evaluate("scrollY") == 0
    moved = []
    for what in TAPS + FILTERS:
        locator = page.locator(what).first
        if locator.count() == 0:
            continue
        do = (
            (lambda one: one.select_option(index=1)) if what in FILTERS else (lambda one: one.tap())
        )
        before, after = places(page, locator, do)
        if any(abs(a - b) > 1 for a, b in zip(before, after, strict=True)):
            moved.append((what, before, after))
    assert moved == []


def held_back(page, pattern):
    """The answers to these requests, which wait until they are let go."""
    waiting = []

    def hold(route):
        waiting.append(route)

    page.route(pattern, hold)
    return waiting


def test_loading_shows_after_a_moment_and_goes_away(parent):
    page = parent.page
    page.clock.install()
    parent.open("/pediatrics/")
    page.clock.pause_at(page.evaluate("Date.now() + 60_000"))
    waiting = held_back(page, "**/pediatrics/?**")
    with page.expect_request("**/pediatrics/?**"):
        page.locator(".day:not(.none)").nth(1).tap()
    page.clock.run_for(190)
    expect(page.locator("[aria-busy]")).to_have_count(0)
    expect(page.locator(".loading")).to_be_hidden()
    page.clock.run_for(20)
    expect(page.locator("#chooser")).to_have_attribute("aria-busy", "true")
    expect(page.locator(".loading")).to_be_in_viewport()
    expect(page.locator("#said")).not_to_be_empty()
    waiting.pop().continue_()
    page.clock.resume()
    expect(page.locator("[aria-busy]")).to_have_count(0)
    expect(page.locator(".loading")).to_be_hidden()


def test_an_answer_that_never_came_is_said_in_sight_until_one_comes(parent):
    page = parent.page
    parent.open("/pediatrics/")
    days = page.locator(".day:not(.none)")
    days.nth(1).evaluate("(one) => one.scrollIntoView({ block: 'start' })")
    page.context.set_offline(True)
    days.nth(1).tap()
    said = page.locator("#toast .notice-bad")
    expect(said).to_be_in_viewport()
    expect(said).to_have_count(1)
    page.context.set_offline(False)
    days.nth(1).tap()
    expect(said).to_have_count(0)


@pytest.mark.parametrize(
    ("status", "body"), [(502, "<html><h1>Bad Gateway</h1></html>"), (500, "oops")]
)
def test_what_a_proxy_says_is_not_put_into_the_page(parent, status, body):
    page = parent.page
    parent.open("/pediatrics/")
    page.route(
        "**/pediatrics/?**",
        lambda route: route.fulfill(status=status, body=body, content_type="text/html"),
    )
    page.locator(".day:not(.none)").nth(1).tap()
    expect(page.locator("#toast .notice-bad")).to_have_count(1)
    expect(page.locator(".day[aria-current]")).to_have_count(1)
    expect(page.locator("h1")).to_have_count(1)


THREE_PRESSES = """(button) => {
    let sent = 0;
    addEventListener("submit", (event) => { sent += !event.defaultPrevented; });
    for (let n = 0; n < 3; n++) button.click();
    return sent;
}"""


def test_a_time_is_sent_once_however_often_it_is_pressed(parent):
    page = parent.page
    parent.open("/pediatrics/")
    slot = page.locator("button.slot").first
    with page.expect_event("load"):
        assert slot.evaluate(THREE_PRESSES) == 1
    page.go_back()
    parent.press(slot)  # and again, when one comes back


def test_a_refusal_is_the_only_sentence_and_in_sight(chromium, city):
    context = chromium.new_context(base_url=city, locale="zh-CN", viewport=PHONE)
    page = context.new_page()
    reception = Visitor(page, 0, scripts=True)
    reception.sign_in("reception")
    reception.open("/desk/queue")
    stations = page.locator("nav.tabs a")
    reception.open(stations.nth(1).get_attribute("href"))
    page.locator("select[name=room]").select_option(index=1)
    reception.press(page.locator("form:has(select[name=room]) button"))
    page.evaluate("document.querySelector('#queue').style.paddingBottom = '200vh'")
    page.locator("#call-next").click()
    refusal = page.locator("#queue .notice-bad")
    refusal.wait_for()
    page.evaluate("scrollTo(0, innerHeight)")
    expect(refusal).to_be_in_viewport()
    expect(page.locator("#toast .notice")).to_have_count(0)
    context.close()
