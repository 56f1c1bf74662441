"""What the desk prints: on paper there is nothing to press, and nothing is cut off."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor

A4 = {"width": 794, "height": 1123}  # CSS pixels
TO_PRESS = "button, input, select, textarea, nav, header.top, .toolbar, .btn, .scanner"
CUT_OFF = """() => [...document.querySelectorAll("main *")].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.width && getComputedStyle(one).clipPath === "none" && !one.closest(".visually-hidden")
        && (box.right > innerWidth + 1 || box.left < -1);
}).map((one) => one.outerHTML.slice(0, 200))"""


@pytest.fixture
def desk(chromium, city):
    context = chromium.new_context(base_url=city, locale="zh-CN", viewport=A4)
    context.set_default_timeout(30_000)
    visitor = Visitor(context.new_page(), 0, scripts=True)
    visitor.sign_in("reception")
    yield visitor
    context.close()


def on_paper(page):
    page.emulate_media(media="print")
    for one in page.locator(TO_PRESS).all():
        expect(one).to_be_hidden()
    assert page.evaluate(CUT_OFF) == []
    page.emulate_media(media="screen")


def test_arrivals_the_slip_and_the_end_of_the_day_on_paper(desk):
    page = desk.page
    desk.open("/desk/")
    first = page.locator("#arrivals tbody tr").first
    visit, name = first.get_attribute("id").removeprefix("visit-"), first.locator("a").first
    on_paper(page)
    expect(name).to_be_visible()
    child = name.inner_text()
    desk.open(f"/desk/appointments/{visit}/slip")
    on_paper(page)
    expect(page.locator(".reference")).to_be_visible()
    assert child in page.locator("main").inner_text()
    desk.open("/desk/end")
    on_paper(page)
    expect(page.locator("table").first).to_be_visible()
